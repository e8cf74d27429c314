/** How often a picture is drawn, and when that is too seldom. */
import { expect, test } from "vitest";
import { Pace, TOO_SLOW_MS } from "./pace";

test("of thirty pictures a second every other is drawn", () => {
  const pace = new Pace();
  let drawn = 0;
  for (let picture = 0; picture < 60; picture++) {
    const now = (picture * 1_000) / 30;
    if (!pace.due(now)) continue;
    drawn += 1;
    pace.drawn(now, now + 10);
  }
  expect(drawn).toBe(30);
});

test("a slow machine has as much rest as work", () => {
  const pace = new Pace();
  pace.drawn(1_000, 1_200);
  expect([pace.due(1_399), pace.waitMs(1_200), pace.due(1_400)]).toEqual([false, 200, true]);
});

test("too slow is not one picture that takes long, but all of them", () => {
  const pace = new Pace();
  const long = (times: number) => {
    for (let time = 0; time < times; time++) pace.drawn(0, TOO_SLOW_MS + 1);
  };
  long(7);
  expect(pace.tooSlow).toBe(false);
  pace.drawn(0, 10);
  expect(pace.tooSlow).toBe(false);
  long(8);
  expect(pace.tooSlow).toBe(true);
});
