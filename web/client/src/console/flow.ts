/**
 * One talk as the console goes through it, from getting ready to its end. It only goes forward.
 * Pure: what to send, draw or stop is decided by whoever holds the state.
 */

export type Phase = "preparing" | "ready" | "accepting" | "talking" | "over";

/** Why it is over: hung up or ended by anyone; a colleague was faster; gone before; cannot be. */
export type Outcome = "ended" | "taken" | "gone" | "refused";

export interface Flow {
  readonly phase: Phase;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  /** Server time of the accept, once known. */
  readonly acceptedMs: number | null;
  readonly endedMs: number | null;
}

export type Step =
  | { readonly type: "joined" }
  | { readonly type: "accept" }
  | { readonly type: "accepted"; readonly mine: boolean; readonly atMs: number }
  | { readonly type: "refused"; readonly code: string }
  | { readonly type: "ended"; readonly reason: string; readonly atMs: number | null }
  | { readonly type: "released" };

const order: readonly Phase[] = ["preparing", "ready", "accepting", "talking", "over"];

export const start: Flow = {
  phase: "preparing",
  outcome: null,
  reason: null,
  acceptedMs: null,
  endedMs: null,
};

/** The next state; the same object where the step changes nothing. */
export function step(flow: Flow, happened: Step): Flow {
  if (flow.phase === "over") return flow;
  switch (happened.type) {
    case "joined":
      return forward(flow, { ...flow, phase: "ready" });
    case "accept":
      return forward(flow, { ...flow, phase: "accepting" });
    case "accepted":
      if (!happened.mine) return flow.phase === "talking" ? flow : over(flow, "taken", null);
      return forward(flow, { ...flow, phase: "talking", acceptedMs: happened.atMs });
    case "refused":
      return refused(flow, happened.code);
    case "ended":
      return {
        ...over(flow, flow.phase === "talking" ? "ended" : "gone", happened.reason),
        endedMs: happened.atMs,
      };
    case "released":
      return flow.phase === "talking" ? flow : over(flow, "taken", null);
  }
}

/** An accept that was refused: two honest losses, and everything else, which may be tried anew. */
function refused(flow: Flow, code: string): Flow {
  if (flow.phase === "talking") return flow;
  if (code === "session.taken") return over(flow, "taken", null);
  if (code === "session.ended") return over(flow, "gone", null);
  return over(flow, "refused", code);
}

function over(flow: Flow, outcome: Outcome, reason: string | null): Flow {
  return { ...flow, phase: "over", outcome, reason };
}

function forward(from: Flow, to: Flow): Flow {
  return order.indexOf(to.phase) > order.indexOf(from.phase) ? to : from;
}
