/** Which specially protected things this talk may come to: the person is asked before (OB-11). */
import { specials, type Special } from "../sessions/bodies";
import { headersOf } from "../signaling/admission";

/** Null where it could not be heard. A server of the release before knows of health alone. */
export async function concerns(session: string, token?: string): Promise<Special[] | null> {
  try {
    const answer = await fetch(`/api/sessions/${session}/topic`, {
      headers: headersOf(token === undefined ? {} : { token }),
      cache: "no-store",
      credentials: "same-origin",
    });
    return answer.ok ? readConcerns(await answer.json()) : null;
  } catch {
    return null;
  }
}

export function readConcerns(answer: unknown): Special[] {
  const { health, special } = answer as { health?: unknown; special?: unknown };
  const named: unknown[] = Array.isArray(special) ? special : health === true ? ["health"] : [];
  return specials.filter((one) => named.includes(one));
}
