/** Prospects who come from a colleague's talk: who is asked first, for whom it rings, who comes next.
    Pure; it trusts no text it was handed. */
import type { Desk, Waiting } from "./desk";
import { plain } from "./plain";

export type Reason = (typeof reasons)[number];

export interface HandedOn {
  readonly by: string;
  readonly byMe: boolean;
  /** Who is asked first, and alone until `untilMs` (the server's clock). */
  readonly to: string | null;
  readonly toMe: boolean;
  readonly untilMs: number;
  readonly atMs: number;
  readonly reason: Reason;
  readonly noted: boolean;
}

const reasons = ["handed", "clarify", "documents", "interrupted"] as const;
export const backReasons = ["clarify", "documents", "interrupted"] as const;

export function readHanded(entry: unknown): HandedOn | null {
  if (typeof entry !== "object" || entry === null) return null;
  const given = entry as Record<string, unknown>;
  const time = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : 0);
  return {
    by: plain(given["by"]),
    byMe: given["by_me"] === true,
    to: plain(given["to"]) || null,
    toMe: given["to_me"] === true,
    untilMs: time(given["until_ms"]),
    atMs: time(given["at_ms"]),
    reason: reasons.find((known) => known === given["reason"]) ?? "handed",
    noted: given["noted"] === true,
  };
}

/** How long yet they are kept for somebody, by the server's clock. */
export function keptMs({ handed }: Waiting, serverMs: number): number {
  return handed === null || handed.to === null ? 0 : Math.max(0, handed.untilMs - serverMs);
}

/** A colleague is asked first. */
export function isKept(one: Waiting, serverMs: number): boolean {
  return keptMs(one, serverMs) > 0 && one.handed?.toMe !== true;
}

/** Whether this console rings for them and makes ready: for whom I let go myself, I take up by hand. */
export function rings(one: Waiting, serverMs: number): boolean {
  return one.handed?.byMe !== true && !isKept(one, serverMs);
}

/** Who comes first for this advisor: whom they alone are asked for, the others in fair order, then whom
    they let go themselves. Last those for whom a colleague is asked. */
export function inOrder({ waiting }: Desk, serverMs: number): { open: Waiting[]; kept: Waiting[] } {
  const rank = (one: Waiting) => (!rings(one, serverMs) ? 2 : keptMs(one, serverMs) > 0 ? 0 : 1);
  return {
    open: waiting.filter((one) => !isKept(one, serverMs)).sort((a, b) => rank(a) - rank(b)),
    kept: waiting.filter((one) => isKept(one, serverMs)),
  };
}
