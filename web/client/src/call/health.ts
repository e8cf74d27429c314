/** Whether this talk may come to the person's health: then they are asked before (OB-11). */
import { headersOf } from "../signaling/admission";

/** Null where it could not be heard. */
export async function concernsHealth(session: string, token?: string): Promise<boolean | null> {
  try {
    const answer = await fetch(`/api/sessions/${session}/topic`, {
      headers: headersOf(token === undefined ? {} : { token }),
      cache: "no-store",
      credentials: "same-origin",
    });
    return answer.ok ? ((await answer.json()) as { health?: unknown }).health === true : null;
  } catch {
    return null;
  }
}
