/** The drawing code hears only of keys that we know. */
import { expect, test } from "vitest";
import { isForDrawing } from "./keys";

const key = (key: string, ...held: ("ctrlKey" | "altKey" | "shiftKey" | "metaKey")[]) => ({
  key,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  ...Object.fromEntries(held.map((one) => [one, true])),
});

test.each([
  ["undo", key("z", "ctrlKey"), true],
  ["redo", key("Z", "ctrlKey", "shiftKey"), true],
  ["delete what is chosen", key("Delete"), true],
  ["empty the board", key("Delete", "ctrlKey"), false],
  ["make a link", key("k", "ctrlKey"), false],
  ["save, open, export", key("s", "ctrlKey"), false],
  ["a palette of commands", key("/", "ctrlKey"), false],
  ["help", key("?", "shiftKey"), false],
  ["zen mode", key("z", "altKey"), false],
  ["the frame tool", key("f"), false],
  ["on to the next control", key("Tab"), false],
])("%s", (_, pressed, passes) => {
  expect(isForDrawing(pressed)).toBe(passes);
});
