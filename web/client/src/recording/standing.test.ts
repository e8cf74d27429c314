import { expect, test } from "vitest";
import { isRecorded, standingOf } from "./standing";

test("nobody is recorded before an advisor asked, and everybody has answered", () => {
  for (const mine of [undefined, true, false]) {
    for (const theirs of [undefined, true, false]) {
      expect(standingOf({ wanted: false, mine, theirs })).toBe("off");
      const standing = standingOf({ wanted: true, mine, theirs });
      expect(isRecorded(standing)).toBe(mine === true && theirs !== undefined);
    }
  }
});

test("each constellation has a word of its own", () => {
  const said = (mine?: boolean, theirs?: boolean) => standingOf({ wanted: true, mine, theirs });
  expect([said(undefined, true), said(true), said(true, true), said(true, false), said(false, true), said(false, false)]).toEqual([
    "ask", "asking", "both", "me", "them", "none",
  ]);
});
