/** Who is recorded, out of what the log says. Pure. */

export interface Said {
  /** An advisor wants to record, and nobody has ended that. */
  readonly wanted: boolean;
  /** Of oneself and of the other; not decided yet: undefined. Who asked has agreed. */
  readonly mine: boolean | undefined;
  readonly theirs: boolean | undefined;
}

/** asking: the other is asked; ask: this person is. */
export type Standing = "off" | "ask" | "asking" | "both" | "me" | "them" | "none";

export function standingOf({ wanted, mine, theirs }: Said): Standing {
  if (!wanted) return "off";
  if (mine === undefined) return "ask";
  // Nothing is recorded of anybody before everybody has answered.
  if (theirs === undefined) return "asking";
  if (mine && theirs) return "both";
  if (mine) return "me";
  return theirs ? "them" : "none";
}

/** Whether this page is to send to the recorder. */
export function isRecorded(standing: Standing): boolean {
  return standing === "both" || standing === "me";
}
