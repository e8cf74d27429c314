import { expect, test } from "vitest";
import { atTime, fullMinute } from "./atTime";

// Local times, so that the zone of the machine does not matter.
const noon = new Date(2031, 4, 20, 12, 0).getTime();

test("today the time is enough, on another day it has its day", () => {
  expect(atTime(new Date(2031, 4, 20, 14, 5).getTime(), noon, "de")).toBe("14:05");
  expect(atTime(new Date(2031, 4, 21, 9, 30).getTime(), noon, "de")).toContain("21. Mai");
  expect(atTime(new Date(2031, 4, 21, 9, 30).getTime(), noon, "en")).toContain("21 May");
});

test("nobody is told a minute at which it is not possible yet", () => {
  expect(fullMinute(noon + 1)).toBe(noon + 60_000);
  expect(fullMinute(noon)).toBe(noon);
});
