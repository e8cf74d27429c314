/** The desk: fair order, nobody overlooked, nobody's typed name able to break a screen. */
import { describe, expect, test } from "vitest";
import { arrivals, elapsedMs, isLost, plain, readDesk, toPrepare, urgency } from "./desk";

const id = (n: number) => n.toString(16).padStart(32, "0");
const entry = (n: number, sinceMs: number, present = true) => ({
  session: id(n),
  first_name: "Ada",
  last_name: `N${n}`,
  topic: "pension",
  language: "de",
  waiting_since_ms: sinceMs,
  present,
  prepared_by_me: false,
});
const answer = (waiting: object[], extra: object = {}) => ({
  me: { wish: "free", in_talk: false },
  colleagues: { free: 1, busy: 0, away: 2 },
  waiting,
  mine: [],
  now_ms: 10_000,
  ...extra,
});
const desk = (waiting: object[], extra: object = {}) => readDesk(answer(waiting, extra), 9_000);

describe("what the server answered", () => {
  test("the longest wait comes first, whatever order it came in", () => {
    const { waiting } = desk([entry(1, 5_000), entry(2, 1_000), entry(3, 3_000)]);
    expect(waiting.map((one) => one.session)).toEqual([id(2), id(3), id(1)]);
  });

  test("times run by the server's clock", () => {
    expect(elapsedMs(4_000, desk([]), 9_500)).toBe(6_500);
    expect(elapsedMs(99_000, desk([]), 9_500)).toBe(0);
  });

  test("OB-38, OB-42: a talk of mine says what came of it since, and only what is known", () => {
    const talk = { session: id(1), name: null, since_ms: 1, state: "ended", ended_ms: 2 };
    const news = { corrections: 2, objections: ["quality", "weather", 7] };
    const { mine } = desk([], { mine: [{ ...talk, ...news }, { ...talk, since_ms: 0 }] });
    expect(mine.map((one) => [one.corrections, one.objections])).toEqual([
      [2, ["quality"]],
      [0, []],
    ]);
  });

  test("who was checked shows what was found, in words that are known", () => {
    const found = { word: "poor", cause: "loss", path: "direct", microphone: "quiet" };
    const { waiting } = desk([
      { ...entry(1, 1), connection: found },
      { ...entry(2, 2), connection: { ...found, cause: "<b>", microphone: 7 } },
      { ...entry(3, 3), connection: { ...found, word: "splendid" } },
      { ...entry(4, 4), connection: null },
      entry(5, 5), // of a node of the release before
    ]);
    expect(waiting.map((one) => one.connection)).toEqual([
      { word: "poor", cause: "loss", microphone: "quiet" },
      { word: "poor", cause: "ok", microphone: "off" },
      null,
      null,
      null,
    ]);
  });

  test("nonsense is an empty desk and an absent advisor, not an error", () => {
    for (const nonsense of [null, 7, "x", [], { waiting: "no", mine: [3], me: null }]) {
      const { wish, waiting } = readDesk(nonsense, 0);
      expect(wish).toBe("away");
      expect(waiting).toEqual([]);
    }
  });
});

describe("B-116, AT-40: a typed name", () => {
  test("is cut to what a list, a title and a label can bear", () => {
    expect([...plain("x".repeat(10_000))]).toHaveLength(80);
    expect([...plain("👩‍👩‍👧".repeat(5_000))].length).toBeLessThanOrEqual(80);
  });

  test("loses controls and direction marks, and stays one line", () => {
    expect(plain("Eva\u202Etxt.exe\u0000\nB\u2066x")).toBe("Eva txt.exe B x");
  });

  test("keeps markup as the characters it is made of", () => {
    expect(plain("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
  });
});

describe("who rings", () => {
  test("everybody who was not there before, once", () => {
    const { waiting } = desk([entry(1, 1_000), entry(2, 2_000)]);
    expect(arrivals(new Set([id(1)]), waiting).map((one) => one.session)).toEqual([id(2)]);
    expect(arrivals(new Set([id(1), id(2)]), waiting)).toEqual([]);
  });
});

describe("who is made ready for", () => {
  const two = [entry(1, 1_000), entry(2, 2_000)];

  test("the longest wait", () => {
    expect(toPrepare(desk(two), null, new Set())).toBe(id(1));
  });

  test("the same person as before while they wait: a change would cost the warm start", () => {
    expect(toPrepare(desk(two), id(2), new Set())).toBe(id(2));
    expect(toPrepare(desk(two), id(9), new Set())).toBe(id(1));
  });

  test("rather someone who is there than someone whose connection is gone", () => {
    expect(toPrepare(desk([entry(1, 1_000, false), entry(2, 2_000)]), null, new Set())).toBe(id(2));
    expect(toPrepare(desk([entry(1, 1_000, false)]), null, new Set())).toBe(id(1));
  });

  test("nobody while busy, away or in a talk, and nobody who was refused", () => {
    expect(toPrepare(desk(two, { me: { wish: "busy" } }), null, new Set())).toBeNull();
    expect(toPrepare(desk(two, { me: { wish: "free", in_talk: true } }), null, new Set())).toBeNull();
    expect(toPrepare(desk(two), null, new Set([id(1), id(2)]))).toBeNull();
  });
});

test("lost is what neither waits nor is mine", () => {
  const mine = [{ session: id(2), since_ms: 1, state: "active", ended_ms: null }];
  const now = desk([entry(1, 1_000)], { mine });
  expect([1, 2, 3].map((n) => isLost(now, id(n)))).toEqual([false, false, true]);
});

test("a wait is long from two minutes, overlong from five", () => {
  expect([0, 119_999, 120_000, 299_999, 300_000].map(urgency)).toEqual([
    "calm",
    "calm",
    "long",
    "long",
    "overlong",
  ]);
});
