import { beforeEach, expect, test } from "vitest";
import { duration, plural, setWords, t } from "./texts";

const GERMAN = { "a.hello": "Guten Tag, {name}", "a.free.one": "Eine frei", "a.free.other": "{count} frei" };

beforeEach(() => setWords(GERMAN, "de"));

test("placeholders are filled in, and what was typed stays text", () => {
  expect(t("a.hello", { name: "<b>{name}</b>" })).toBe("Guten Tag, <b>{name}</b>");
  expect(t("a.hello")).toBe("Guten Tag, {name}");
  expect(t("a.unknown")).toBe("a.unknown");
});

test("one and many", () => {
  expect([0, 1, 2].map((count) => plural("a.free", count))).toEqual(["0 frei", "Eine frei", "2 frei"]);
});

test("durations are words, in the page's language", () => {
  expect([-1, 1, 59, 60, 95, 3_600, 5_400].map(duration)).toEqual([
    "0 Sekunden",
    "1 Sekunde",
    "59 Sekunden",
    "1 Minute",
    "2 Minuten",
    "1 Stunde",
    "1 Stunde 30 Minuten",
  ]);
  setWords({}, "en");
  expect(duration(120)).toBe("2 minutes");
});
