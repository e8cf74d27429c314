/** The receipts of the sessions that this one goes on from. Like what else this tab must know after a
    reload they are kept in the history entry, which ends with the tab (memory.ts). */
import type { Claimed } from "./receipts";

const MOST = 9;

/** Oldest first. Read with care: whatever made this history entry may have written there. */
export function earlier(): Claimed[] {
  const { earlier } = (history.state ?? {}) as { earlier?: unknown };
  return Array.isArray(earlier) ? earlier.filter(isReceipt).slice(-MOST) : [];
}

function isReceipt(one: unknown): one is Claimed {
  const { number, code } = (one ?? {}) as Partial<Claimed>;
  return typeof number === "string" && typeof code === "string";
}
