import { expect, test } from "vitest";
import { initials } from "./initials";

test.each([
  ["Anna Schneider", "AS"],
  ["zoë-maria d’Arc", "ZD"],
  ["Karl von der Heyde", "KH"],
  ["Łukasz", "Ł"],
  ["山田 太郎", "山太"],
  ["'' .", ""],
  ["", ""],
])("%s → %s", (name, wanted) => {
  expect(initials(name)).toBe(wanted);
});
