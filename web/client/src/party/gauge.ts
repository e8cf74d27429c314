/** How a guest's own connections are: measured every two seconds, and of all of them the worst. It knows
 * neither whose they are nor who is told. */
import { type Numbers, report, score } from "../media/quality";
import type { Report } from "../sessions/bodies";

export const QUALITY_MS = 2_000;

interface Measured {
  /** Null while there is nothing to measure. */
  measure(): Promise<Numbers | null>;
}

/** `device`: this person's own camera or microphone fails. Null where there is no connection. */
export async function worstOf(strands: Iterable<Measured>, device: boolean): Promise<Report | null> {
  const measured = await Promise.all(Array.from(strands, (strand) => strand.measure()));
  const worst = measured.reduce((found, next) => (found === null || (next && score(next) < score(found)) ? next : found), null);
  return worst && report(worst, device);
}
