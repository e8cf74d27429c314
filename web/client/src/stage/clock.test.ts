import { expect, test } from "vitest";
import { clock } from "./clock";

test.each([
  [-5, "0:00"],
  [7_999, "0:07"],
  [247_000, "4:07"],
  [3_729_000, "1:02:09"],
])("%d ms is %s", (ms, wanted) => {
  expect(clock(ms)).toBe(wanted);
});
