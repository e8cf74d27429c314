/** What somebody who was handed on is told: only what is so, by the server's clock, and nothing of what nobody said. */
import { beforeEach, expect, test } from "vitest";
import { setWords } from "../texts";
import { handed } from "./handed";

const AFTER = { by: "Anna", to: "Carla", reason: "handed", at_ms: 0, until_ms: 45_000, noted: true };
const PLACE = { position: 1, expected_s: 0, free: 1 };
const right = Promise.resolve(0);

beforeEach(() => setWords({ "ready.handed.to": "to {to}", "ready.handed.to.text": "{by} > {to}", "ready.handed.late": "late {to}" }, "de"));

test("a colleague is named as long as they alone are asked, and not a moment longer", () => {
  const said = handed(AFTER, right)!;
  expect(said(PLACE, 44_999).slice(0, 2)).toEqual(["to Carla", "Anna > Carla"]);
  expect(said(PLACE, 45_000).slice(0, 2)).toEqual(["ready.place.next", "late Carla"]);
  expect(said(PLACE, 45_000)).toContain("ready.wait.expected");
});

test("whoever's clock is slow is not told for longer", async () => {
  const ahead = Promise.resolve(60_000);
  const said = handed(AFTER, ahead)!;
  await ahead;
  expect(said(PLACE, 0)[1]).toBe("late Carla");
});

test("what went along is said, and a note only where there is one", () => {
  const lines = (noted: unknown) => handed({ ...AFTER, noted }, right)!(PLACE, 0);
  expect(lines(true)).toContain("ready.handed.along.note");
  expect(lines(false)).toContain("ready.handed.along");
  expect(lines("yes")).toContain("ready.handed.along");
  expect(lines(true)).toContain("ready.handed.keeps");
});

test("to whoever is free, or back to wait with a reason: no wait is promised where one advisor may be meant", () => {
  const next = handed({ ...AFTER, to: null, until_ms: null }, right)!(PLACE, 0);
  expect(next.slice(0, 3)).toEqual(["ready.place.next", "ready.handed.next", "ready.wait.expected"]);
  const back = handed({ ...AFTER, to: null, until_ms: null, reason: "documents" }, right)!;
  expect(back(PLACE, 0).slice(0, 2)).toEqual(["ready.handed.moment", "ready.handed.documents"]);
  expect(back(PLACE, 0)).not.toContain("ready.wait.expected");
  expect(back(null, 0)[0]).toBe("ready.handed.moment");
});

test("nothing is said of what no server of ours says", () => {
  for (const wrong of [{}, { ...AFTER, by: 7 }, { ...AFTER, by: "" }, { ...AFTER, by: "x".repeat(201) }, { ...AFTER, reason: "bored" }]) {
    expect(handed(wrong, right)).toBeNull();
  }
});
