/** How well this page reaches us, measured before there is a call to measure: one word. */
import type { Word } from "./view";

const TRIES = 3;
const GOOD_MS = 200;
const FAIR_MS = 600;
const PATIENCE_MS = 4_000;

/** The word for a round trip; the best of several, because a busy page delays some. */
export function wordFor(roundTripsMs: readonly number[]): Word {
  if (roundTripsMs.length === 0) return "poor";
  const best = Math.min(...roundTripsMs);
  if (best < GOOD_MS) return "good";
  return best < FAIR_MS ? "fair" : "poor";
}

export async function checkLink(ask: typeof fetch = (...given) => fetch(...given)): Promise<Word> {
  const took: number[] = [];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const began = performance.now();
    const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) } as const;
    const answer = await ask("/healthz", options).catch(() => null);
    if (!answer?.ok) continue;
    took.push(performance.now() - began);
    await answer.text().catch(() => "");
  }
  return wordFor(took);
}
