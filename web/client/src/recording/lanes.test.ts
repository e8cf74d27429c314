import { expect, test } from "vitest";
import { clockOf, lengthOf, readLanes, within } from "./lanes";

const ID = "a".repeat(32);
const lane = (from: number, ms: number, person = 0) => ({ id: ID, person, from, ms });

test("what is no lane is left out, and nothing breaks", () => {
  expect(readLanes(undefined)).toEqual([]);
  expect(readLanes("{")).toEqual([]);
  expect(readLanes('{"a":1}')).toEqual([]);
  expect(readLanes(JSON.stringify([null, 1, { id: 1 }, lane(0, 5), { ...lane(0, 5), ms: "x" }]))).toEqual([lane(0, 5)]);
});

test("a moment is in a part from its beginning up to its end", () => {
  const late = lane(2_000, 1_000);
  expect([1_999, 2_000, 2_999, 3_000].map((at) => within(late, at))).toEqual([null, 0, 999, null]);
  expect(lengthOf([lane(0, 500), late])).toBe(3_000);
  expect(lengthOf([])).toBe(0);
});

test("the time is said as on a clock", () => {
  expect([0, 999, 61_000, 3_600_000].map(clockOf)).toEqual(["0:00", "0:00", "1:01", "60:00"]);
});
