/** A dead path is noticed by its silence, and silence alone is none. */
import { expect, test } from "vitest";
import { Stall } from "./stall";

test("packets that stop are noticed after a second, once they flowed", () => {
  const stall = new Stall(1_000);
  expect([0, 300, 600].map((at) => stall.sample(at, at))).toEqual([false, false, false]);
  expect([900, 1_500, 1_600].map((at) => stall.sample(600, at))).toEqual([false, false, true]);
  expect(stall.sample(601, 1_900)).toBe(false);
});

test("where nothing ever came, or nothing is expected, nothing stalls", () => {
  const stall = new Stall(1_000);
  expect([0, 5_000, 10_000].map((at) => stall.sample(7, at))).toEqual([false, false, false]);
  stall.sample(8, 10_300);
  stall.rest();
  expect([20_000, 30_000].map((at) => stall.sample(8, at))).toEqual([false, false]);
});
