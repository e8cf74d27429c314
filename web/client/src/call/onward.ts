/** On to the session in which this person goes on: its seat, its address, and the receipt of the one
    before, which nobody could claim any more once the seat is the next one's. */
import { headersOf } from "../signaling/admission";
import type { Begun } from "./begin";
import { earlier } from "./earlier";
import { claim } from "./receipts";

/** A server that restarts is away for a moment: so long we ask again by ourselves. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 1_000;
const ANSWER_MS = 8_000;

/** Null where there is nowhere to go on: the advisor is there after all, or the seat is gone. */
export async function onward(
  { session, token }: { session: string; token?: string },
  pause = (ms: number): Promise<unknown> => new Promise((over) => setTimeout(over, ms)),
): Promise<Begun | null> {
  const receipt = await claim(session, token);
  for (let waited = 0; waited <= PATIENCE_MS; waited += PAUSE_MS) {
    const begun = await ask(session, token);
    if (begun !== "later") {
      if (begun !== null) move(begun, receipt === null ? earlier() : [...earlier(), receipt]);
      return begun;
    }
    await pause(PAUSE_MS);
  }
  return null;
}

async function ask(session: string, token?: string): Promise<Begun | null | "later"> {
  try {
    const answer = await fetch(`/api/sessions/${session}/again`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        ...headersOf(token === undefined ? {} : { token }),
      },
      body: "{}",
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const begun: unknown = await answer.json().catch(() => null);
    if (answer.ok && isBegun(begun)) return begun;
    return answer.status === 429 || answer.status === 408 || answer.status >= 500 ? "later" : null;
  } catch {
    return "later";
  }
}

function isBegun(answer: unknown): answer is Begun {
  const { session, token } = (answer ?? {}) as Partial<Begun>;
  return typeof session === "string" && /^[0-9a-f]{32}$/.test(session) && typeof token === "string";
}

/** What was on stays on after a reload; what was read, and which page had the call, was of the talk before. */
function move({ session }: Begun, receipts: object[]): void {
  const state = { ...(history.state as object | null), seen: 0, files: 0, page: null, earlier: receipts };
  history.pushState(state, "", `/call/${session}${location.search}`);
}
