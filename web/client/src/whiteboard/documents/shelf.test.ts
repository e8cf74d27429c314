import { expect, test } from "vitest";
import { Shelf } from "./shelf";

test("what is in use stays", () => {
  const shelf = new Shelf<string>(2, () => undefined, (key) => key === "a");
  for (const key of ["a", "b", "c"]) shelf.put(key, key, 1);
  expect([shelf.peek("a"), shelf.peek("b"), shelf.peek("c")]).toEqual(["a", undefined, "c"]);
});

test("what was not needed for longest goes first, and gives back what it holds", () => {
  const dropped: string[] = [];
  const shelf = new Shelf<string>(10, (value) => dropped.push(value));
  shelf.put("a", "A", 4);
  shelf.put("b", "B", 4);
  expect([shelf.use("a"), shelf.peek("b")]).toEqual(["A", "B"]);
  shelf.put("c", "C", 4);
  expect(dropped).toEqual(["B"]);
  expect([shelf.weight, shelf.size]).toEqual([8, 2]);
  shelf.put("c", "C2", 5);
  expect([dropped, shelf.weight]).toEqual([["B", "C"], 9]);
  shelf.put("huge", "H", 99);
  expect([dropped, shelf.size]).toEqual([["B", "C", "A", "C2"], 1]);
  shelf.clear();
  expect([shelf.weight, shelf.size, dropped.at(-1)]).toEqual([0, 0, "H"]);
});
