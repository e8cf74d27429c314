import { expect, test } from "vitest";
import { draft } from "./draft";

test("what is blank to the eye is not sent (B-065)", () => {
  for (const blank of ["", "  \n\t", "\u3164", "\u2800\u2800", "\u200B", "\u202E\u202D"]) {
    expect(draft(blank).ready).toBe(false);
  }
  for (const said of ["a", " 7 ", "?", "👍", "ا"]) expect(draft(said).ready).toBe(true);
});

test("the text is trimmed, its lines are kept", () => {
  expect(draft(" a\r\n b \n").text).toBe("a\n b");
});

test("4,000 characters may be sent, 4,001 not; emoji count once", () => {
  expect(draft("a".repeat(3799)).left).toBeNull();
  expect(draft("a".repeat(3990)).left).toBe(10);
  expect(draft("😀".repeat(4000))).toMatchObject({ ready: true, left: 0 });
  expect(draft("a".repeat(4001))).toMatchObject({ ready: false, left: -1 });
});
