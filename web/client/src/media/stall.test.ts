/** A dead path is noticed by its silence, and silence alone is none. */
import { expect, test } from "vitest";
import { Stall } from "./stall";

test("packets that stop are noticed after a second, once they flowed", () => {
  const stall = new Stall();
  expect([0, 300, 600].map((at) => stall.sample(at, at, 1_000))).toEqual([false, false, false]);
  expect([900, 1_500, 1_600].map((at) => stall.sample(600, at, 1_000))).toEqual([false, false, true]);
  expect(stall.sample(601, 1_900, 1_000)).toBe(false);
  expect([2_200, 2_300].map((at) => stall.sample(601, at, 350))).toEqual([false, true]); // in a hurry
});

test("where nothing ever came, or nothing is expected, nothing stalls", () => {
  const stall = new Stall();
  expect([0, 5_000, 10_000].map((at) => stall.sample(7, at, 1_000))).toEqual([false, false, false]);
  stall.sample(8, 10_300, 1_000);
  stall.rest();
  expect([20_000, 30_000].map((at) => stall.sample(8, at, 1_000))).toEqual([false, false]);
});
