/** The ops board: one honest verdict, and nothing on it that names a person (OB-48). */
import { describe, expect, test } from "vitest";
import { type Board, readBoard, readHealth, reason, sparkline, suffers, verdict, withReport } from "./board";

const [ANNA, CARL] = ["a".repeat(16), "c".repeat(16)];
const id = (n: number) => n.toString(16).padStart(32, "a");
const row = (n: number, extra: object = {}) => ({
  number: id(n).slice(0, 8),
  session: id(n),
  state: "active",
  since_ms: 1_000,
  node: "node-1",
  participants: 2,
  present: 2,
  path: "direct",
  quality: { word: "good", score: 90, rtt_ms: 20, loss_pct: 0, history: [80, 90] },
  cause: "ok",
  ...extra,
});
const guest = (extra: object = {}) => ({
  participant: CARL,
  seat: "interpreter",
  present: true,
  node: "node-2",
  path: "turn-tls",
  quality: { word: "fair", score: 60, rtt_ms: 300, loss_pct: 1, history: [60] },
  cause: "delay",
  ...extra,
});
const board = (sessions: object[], extra: object = {}): Board =>
  readBoard(
    { sessions, waiting: { count: 0, longest_s: 0, expected_s: null }, advisors: {}, now_ms: 5_000, ...extra },
    4_000,
  );
const health = (...states: string[]) =>
  readHealth({ nodes: [], checks: states.map((state, n) => ({ name: `part${n}`, state })), now_ms: 0 }, 0);

describe("OB-48: no name and no content can reach the screen", () => {
  test("fields that the board does not know are dropped where they arrive", () => {
    const canary = "Kanarienvogel <b>Erna</b>";
    const sly = row(1, { name: canary, first_name: canary, topic: canary, node: canary, number: canary, cause: canary });
    const seen = JSON.stringify([
      board([sly], { advisors: { names: [canary] } }),
      readHealth({ nodes: [{ node: canary, address: canary }], checks: [{ name: canary, detail: canary }] }, 0),
      withReport(board([row(1)]), id(1), ANNA, { word: "poor", score: 1, cause: canary, note: canary }),
    ]);
    expect(seen).not.toContain("Kanarienvogel");
  });
});

test("waiting, talking, over; the longest first, of those over the latest", () => {
  const rows = [
    row(1, { state: "ended", since_ms: 1 }),
    row(2, { since_ms: 9 }),
    row(3, { state: "ended", since_ms: 5 }),
    row(4, { since_ms: 2 }),
    row(5, { state: "waiting", since_ms: 7 }),
  ];
  expect(board(rows).rows.map((one) => one.session)).toEqual([5, 4, 2, 3, 1].map(id));
});

describe("who is suffering", () => {
  test.each([
    [{ quality: { word: "poor" } }, true],
    [{ cause: "no-path" }, true],
    [{ present: 1 }, true],
    [{ quality: { word: "fair" } }, false],
    [{}, false],
    [{ state: "waiting", present: 0 }, false],
    [{ state: "ended", quality: { word: "poor" } }, false],
  ])("%j: %s", (extra, expected) => {
    expect(suffers(board([row(1, extra)]).rows[0]!)).toBe(expected);
  });
});

describe("OB-48: a guest", () => {
  const three = (extra: object = {}, present = 3) => board([row(1, { participants: 3, present, guests: [guest(extra)] })]);

  test("stands apart from the talk of the two, without a name", () => {
    const [seen] = three({ name: "Kanarienvogel", participant: "<b>Kanarienvogel</b>" }).rows;
    expect(JSON.stringify(seen)).not.toContain("Kanarienvogel");
    expect(seen).toMatchObject({ word: "good", path: "direct", guests: [{ seat: "interpreter", word: "fair", path: "turn-tls", cause: "delay" }] });
  });

  test("is reported of in their own row, and the two in theirs", () => {
    const report = { path: "turn-tcp", word: "poor", cause: "loss", score: 10 };
    const [theirs] = withReport(three(), id(1), CARL, report).rows;
    expect(theirs).toMatchObject({ word: "good", path: "direct", history: [80, 90] });
    expect(theirs?.guests).toMatchObject([{ word: "poor", path: "turn-tcp", cause: "loss", history: [60, 10] }]);
    const [others] = withReport(three(), id(1), ANNA, report).rows;
    expect(others).toMatchObject({ word: "poor", history: [80, 90, 10], guests: [{ word: "fair", history: [60] }] });
  });

  test("who suffers is seen; who is away leaves nobody alone", () => {
    const of = (seen: Board) => [suffers(seen.rows[0]!), reason(seen.rows[0]!)];
    expect(of(three())).toEqual([false, "ok"]);
    expect(of(three({ quality: { word: "poor" } }))).toEqual([true, "ok"]);
    expect(of(three({ cause: "no-path" }))).toEqual([true, "ok"]);
    expect(of(three({ present: false, cause: "no-path" }, 2))).toEqual([false, "ok"]);
    expect(of(three({}, 2))).toEqual([true, "alone"]);
    expect(of(three({ present: false }, 1))).toEqual([true, "alone"]);
  });
});

test("what was found before the talk stays until the talk, whatever the connection says that is made ready", () => {
  const waiting = board([row(1, { state: "waiting", checked: true }), row(2, { state: "waiting" })]);
  const report = { path: "direct", word: "poor", cause: "loss", score: 10 };
  const [checked, other] = withReport(withReport(waiting, id(1), ANNA, report), id(2), ANNA, report).rows;
  expect([checked?.checked, checked?.word]).toEqual([true, "good"]);
  expect([other?.checked, other?.word]).toEqual([false, "poor"]);
});

test("the cause names a missing person before any number", () => {
  const causes = [{ present: 0 }, { present: 1, cause: "loss" }, { cause: "loss" }, {}];
  expect(causes.map((extra) => reason(board([row(1, extra)]).rows[0]!))).toEqual(["empty", "alone", "loss", "ok"]);
});

describe("is everybody well?", () => {
  test.each([
    ["well", board([row(1)]), health("good"), "good", 1],
    ["quiet", board([row(1, { state: "ended" })]), health("good"), "good", 0],
    ["suffering", board([row(1, { present: 1 }), row(2)]), health("watch"), "bad", 1],
    ["part", board([row(1, { present: 1 })]), health("bad", "good"), "bad", 1],
    ["part", board([row(1)]), health("watch"), "watch", 1],
    ["waiting", board([], { waiting: { count: 2, longest_s: 301 } }), health("watch"), "watch", 2],
    ["unknown", null, null, "watch", 0],
  ] as const)("%s", (key, seen, parts, light, count) => {
    expect(verdict(seen, parts)).toEqual({ light, key, count });
  });
});

describe("a report from the channel", () => {
  test("updates its row in place and lengthens its history", () => {
    const next = withReport(board([row(1), row(2)]), id(2), ANNA, {
      word: "poor",
      score: 20,
      rtt_ms: 400,
      loss_pct: 9,
      path: "turn-tls",
      cause: "loss",
    });
    const changed = next.rows.find((one) => one.session === id(2));
    expect(changed).toMatchObject({ word: "poor", path: "turn-tls", history: [80, 90, 20] });
    expect(next.rows.map((one) => one.session)).toEqual([id(1), id(2)]);
  });

  test("of one end does not hide the longer way of the other", () => {
    const said = (path: string) => (before: ReturnType<typeof board>) => withReport(before, id(1), ANNA, { score: 90, path });
    const way = (...paths: string[]) =>
      paths.reduce((seen, path) => said(path)(seen), board([row(1, { path: "none" })])).rows[0]!.path;
    expect(way("direct")).toBe("direct");
    expect(way("turn-tls", "turn-udp")).toBe("turn-tls");
    expect(way("turn-udp", "none")).toBe("none");
  });

  test("for a session that is not on the board waits for the next fetch", () => {
    const before = board([row(1)]);
    expect(withReport(before, id(7), ANNA, { word: "poor" })).toBe(before);
  });

  test("keeps thirty scores", () => {
    let seen = board([row(1)]);
    for (let n = 0; n < 100; n += 1) seen = withReport(seen, id(1), ANNA, { score: n });
    expect(seen.rows[0]!.history).toHaveLength(30);
    expect(seen.rows[0]!.history.at(-1)).toBe(99);
  });
});

describe("the sparkline", () => {
  test("ends at the right, best on top, and lifts the pen where a report is missing", () => {
    expect(sparkline([0, 100, null, 50], 29, 10)).toBe("M26.0 10.0L27.0 0.0M29.0 5.0");
  });

  test("of nothing is nothing", () => {
    expect(sparkline([], 29, 10)).toBe("");
  });
});
