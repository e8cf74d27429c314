import { expect, test } from "vitest";
import { groups } from "./groups";

test("what is typed stands in groups, however it is typed", () => {
  expect(groups("482910375561", 12)).toBe("4829 1037 5561");
  expect(groups("4829-1037 5561 99", 12)).toBe("4829 1037 5561");
  expect(groups("48291", 12)).toBe("4829 1");
  expect(groups("4829", 12)).toBe("4829");
  expect(groups(" ab12cd34 ", 28)).toBe("AB12 CD34");
});
