/** A long stroke becomes simpler, and stays where it was. */
import { expect, test } from "vitest";
import { thinned } from "./thin";

test("a stroke of ten thousand points keeps its ends, its shape and its pressures", () => {
  const points = Array.from({ length: 10_000 }, (_, n) => [n / 10, 50 * Math.sin(n / 300)] as const);
  const pressures = points.map((_, n) => n / 10_000);
  const { points: kept, pressures: felt } = thinned({ points, pressures });
  expect(kept.length).toBeLessThanOrEqual(1_500);
  expect(felt).toHaveLength(kept.length);
  expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
  for (const [x, y] of kept) expect(y).toBeCloseTo(50 * Math.sin((x * 10) / 300), 6);
});

test("even pure noise gets small enough; a short one stays as it is", () => {
  const noise = Array.from({ length: 4_000 }, (_, n) => [n, ((n * 7919) % 997) - 500] as const);
  expect(thinned({ points: noise, pressures: [] }).points.length).toBeLessThanOrEqual(1_500);
  const short = { points: noise.slice(0, 100), pressures: [] };
  expect(thinned(short)).toBe(short);
});
