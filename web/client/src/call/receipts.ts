/** The receipt of a session: fetched by whoever holds its prospect's seat, as text and as a link. */
import { headersOf } from "../signaling/admission";

export interface Claimed {
  number: string;
  code: string;
}

/** Null where it could not be had: no connection, or no such seat. */
export async function claim(session: string, token?: string): Promise<Claimed | null> {
  try {
    const answer = await fetch(`/api/sessions/${session}/receipt`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headersOf(token === undefined ? {} : { token }) },
      body: "{}",
      cache: "no-store",
      credentials: "same-origin",
    });
    return answer.ok ? ((await answer.json()) as Claimed) : null;
  } catch {
    return null;
  }
}
