import { expect, test } from "vitest";
import { fits } from "../sessions/bodies";
import { adviceFor, find, nothing } from "./finding";

const GOOD = { rtt_ms: 40, jitter_ms: 5, loss_pct: 0, up_kbps: 300, down_kbps: 300 };

test.each([
  [{}, "good", "ok"],
  [{ loss_pct: 6 }, "fair", "loss"],
  [{ loss_pct: 20 }, "poor", "loss"],
  [{ rtt_ms: 600 }, "fair", "delay"],
  [{ rtt_ms: 600, jitter_ms: 100 }, "poor", "delay"],
  [{ up_kbps: 150 }, "fair", "bandwidth"],
  [{ down_kbps: 60 }, "poor", "bandwidth"],
  [{ up_kbps: 60, loss_pct: 20 }, "poor", "loss"],
  [{ up_kbps: null, down_kbps: null }, "good", "ok"],
] as const)("%o is %s because of %s", (change, word, cause) => {
  const found = find({ ...GOOD, ...change }, "direct", "heard");
  expect([found.word, found.cause]).toEqual([word, cause]);
});

test("whatever is found may be told", () => {
  for (const found of [find(GOOD, "turn-tls", "quiet"), nothing("off")]) {
    expect(fits("checkup.result", found)).toBe(true);
    expect(found).not.toHaveProperty("fps");
  }
  expect(nothing("off")).toMatchObject({ word: "none", cause: "no-path", path: "none", score: 0 });
});

test("the advice is the one that helps most", () => {
  expect(adviceFor(find({ ...GOOD, loss_pct: 20 }, "direct", "quiet"))).toBe("ready.checkup.advice.loss");
  expect(adviceFor(find(GOOD, "direct", "quiet"))).toBe("ready.checkup.advice.quiet");
  expect(adviceFor(find(GOOD, "direct", "off"))).toBe("ready.checkup.advice.ok");
  expect(adviceFor(nothing("heard"))).toBe("ready.checkup.advice.no-path");
});
