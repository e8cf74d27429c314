import { expect, test } from "vitest";
import { readConcerns } from "./special";

test("OB-11: what a talk may come to is read defensively, also from a server of the release before", () => {
  expect(readConcerns({ health: true })).toEqual(["health"]);
  expect(readConcerns({ health: false })).toEqual([]);
  expect(readConcerns({ health: true, special: ["union", "health", "taste", 7] })).toEqual(["health", "union"]);
  expect(readConcerns({ special: ["genetics", "politics", "belief"] })).toEqual(["belief", "politics", "genetics"]);
  expect(readConcerns({ health: true, special: [] })).toEqual([]);
  expect(readConcerns({})).toEqual([]);
});
