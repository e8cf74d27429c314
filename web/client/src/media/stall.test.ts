/** A dead path is noticed by its silence, and silence alone is none. */
import { expect, test } from "vitest";
import { Stall } from "./stall";

test("how long packets have stopped is told, once they flowed", () => {
  const stall = new Stall();
  expect([0, 300, 600].map((at) => stall.sample(at, at))).toEqual([0, 0, 0]);
  expect([900, 1_500, 1_600].map((at) => stall.sample(600, at))).toEqual([300, 900, 1_000]);
  expect(stall.sample(601, 1_900)).toBe(0);
});

test("where nothing ever came, or nothing is expected, nothing stalls", () => {
  const stall = new Stall();
  expect([0, 5_000, 10_000].map((at) => stall.sample(7, at))).toEqual([0, 0, 0]);
  stall.sample(8, 10_300);
  stall.rest();
  expect([20_000, 30_000].map((at) => stall.sample(8, at))).toEqual([0, 0]);
});
