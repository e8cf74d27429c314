/** The one calm line on the stage while something is wrong, and how long it has been. */
import { t } from "../texts";
import type { Trouble } from "./view";

/** Below this nobody needs to be told: it is over before the line is read. */
const PATIENCE_MS = 900;

/** Of these nobody knows when they end. */
const UNCOUNTED: ReadonlySet<Trouble["what"]> = new Set(["weak", "gone", "nomedia"]);

export interface Line {
  /** Said once to screen readers. */
  text: string;
  /** Counts up on screen only; null where counting says nothing. */
  seconds: number | null;
}

export function troubleLine(trouble: Trouble | null, now: number, name: string): Line | null {
  if (!trouble || now - trouble.sinceMs < PATIENCE_MS) return null;
  const text = t(`talk.trouble.${trouble.what}`, { name });
  if (UNCOUNTED.has(trouble.what)) return { text, seconds: null };
  return { text, seconds: Math.floor((now - trouble.sinceMs) / 1000) };
}
