/** What is new about the others of a talk of more than two, as one word on the stage. Pure. */
import type { OpenedOf } from "../sessions/opened";
import { find, type Person, type Session } from "../sessions/session";

/** Somebody came or went, or ended what this person showed, while this page was there to see it. */
export interface News {
  readonly id: string;
  readonly what: "joined" | "left" | "removed" | "stopped";
  readonly who: Person;
}

/** That a guest came or went; null where it is none of that, or past: up to `head`. */
export function comingAndGoing(
  { id, seq, kind, body }: OpenedOf<"participant.joined"> | OpenedOf<"participant.left">,
  { before, after }: { before: Session; after: Session },
  head: number | null,
): News | null {
  const joined = kind === "participant.joined";
  const who = find(joined ? after : before, body.participant);
  const again = joined && find(before, body.participant)?.left === null;
  if (who === undefined || who.role !== "guest" || again || (seq ?? 0) <= (head ?? Infinity)) return null;
  return { id, what: joined ? "joined" : body.reason === "removed" ? "removed" : "left", who };
}
