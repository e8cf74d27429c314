/** What an advisor reads about the connection: the worse end, no flicker, one line at a time. */
import { expect, test } from "vitest";
import { advice, line, type Seen, steady, worse } from "./report";

const good: Seen = { word: "good", score: 95, cause: "ok", path: "direct" };
const fair: Seen = { word: "fair", score: 60, cause: "bandwidth", path: "direct" };
const poor: Seen = { word: "poor", score: 20, cause: "loss", path: "direct" };

test("the worse end counts, whichever it is", () => {
  expect(worse(good, poor)).toBe(poor);
  expect(worse(poor, good)).toBe(poor);
  expect(worse(null, fair)).toBe(fair);
  expect(worse(null, null)).toBeNull();
});

test("the way of the talk is the farther of what the two ends know", () => {
  const ways = (one: Seen["path"], other: Seen["path"]) =>
    worse({ ...good, path: one }, { ...poor, path: other })?.path;
  expect(ways("direct", "direct")).toBe("direct");
  expect(ways("turn-tls", "turn-udp")).toBe("turn-tls");
  expect(ways("turn-udp", "turn-tcp")).toBe("turn-tcp");
  expect(ways("direct", "none")).toBe("none");
  expect(worse({ ...good, path: "turn-tls" }, { ...poor, path: "direct" })).toEqual({ ...poor, path: "turn-tls" });
});

test("worse shows when it was so twice in a row, better at once", () => {
  expect(steady(good, good, poor)).toBe(good);
  expect(steady(good, poor, poor)).toBe(poor);
  expect(steady(good, poor, fair)).toBe(fair);
  expect(steady(poor, poor, good)).toBe(good);
  expect(steady(null, null, poor)).toBe(poor);
  expect(steady(poor, poor, null)).toBeNull();
});

test("there is a suggestion for every cause, and none while all is well", () => {
  expect([advice(null), advice(good), advice({ ...good, cause: "loss" })]).toEqual([null, null, null]);
  expect(advice(fair)).toBe("console.talk.tip.bandwidth");
  expect(advice(poor)).toBe("console.talk.tip.loss");
});

test("of several troubles the nearest is said", () => {
  const calm = { link: "open", present: true, media: "connected" } as const;
  expect(line(calm)).toBeNull();
  expect(line({ ...calm, media: "connecting" })).toBe("console.talk.connecting");
  expect(line({ ...calm, media: "interrupted" })).toBe("console.talk.tip.no-path");
  expect(line({ ...calm, media: "impossible" })).toBe("console.talk.impossible");
  expect(line({ ...calm, media: "interrupted", present: false })).toBe("console.talk.gone");
  expect(line({ ...calm, present: false })).toBeNull();
  expect(line({ link: "reconnecting", present: false, media: "interrupted" })).toBe("console.talk.reconnecting");
});
