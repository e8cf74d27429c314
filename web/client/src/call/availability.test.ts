import { beforeAll, expect, test } from "vitest";
import { setWords } from "../texts";
import { deskLine } from "./availability";

beforeAll(() => {
  setWords(
    {
      "start.desk.closed": "zu",
      "start.desk.busy": "besetzt",
      "start.desk.free.one": "eine frei",
      "start.desk.free.other": "{count} frei",
      "start.desk.wait.one": "eine Minute",
      "start.desk.wait.other": "{count} Minuten",
    },
    "de",
  );
});

test.each([
  [{ open: false, free: 0, waiting: 0, expected_s: null }, "zu"],
  [{ open: true, free: 3, waiting: 1, expected_s: null }, "3 frei"],
  [{ open: true, free: 1, waiting: 0, expected_s: null }, "eine frei"],
  [{ open: true, free: 1, waiting: 1, expected_s: null }, "besetzt"],
  [{ open: true, free: 0, waiting: 2, expected_s: 20 }, "eine Minute"],
  [{ open: true, free: 0, waiting: 2, expected_s: 200 }, "4 Minuten"],
])("%o", (desk, words) => {
  expect(deskLine(desk)).toBe(words);
});
