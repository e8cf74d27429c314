/** Who was handed on: rings for whoever is asked, waits for the others, is not taken again by accident. */
import { describe, expect, test } from "vitest";
import { readDesk, toPrepare, waitsSinceMs } from "./desk";
import { inOrder, isKept, keptMs, readHanded, rings } from "./handed";

const id = (n: number) => n.toString(16).padStart(32, "0");
const HANDED = { at_ms: 5_000, reason: "handed", by: "Anna", by_me: false, to: "Carla", to_me: false, until_ms: 50_000, noted: true };
const entry = (n: number, handed: object | null = null) => ({
  session: id(n),
  first_name: "Ada",
  last_name: `N${n}`,
  waiting_since_ms: n,
  present: true,
  handed: handed && { ...HANDED, ...handed },
});
const desk = (...waiting: object[]) => readDesk({ me: { wish: "free" }, waiting, now_ms: 9_000 }, 9_000);
const nobody: ReadonlySet<string> = new Set();

describe("a colleague is asked first", () => {
  const { waiting } = desk(entry(1, {}));
  const [one] = waiting;

  test("nothing rings here, and nobody is made ready for, until their time is over", () => {
    expect([isKept(one!, 49_999), rings(one!, 49_999), keptMs(one!, 49_999)]).toEqual([true, false, 1]);
    expect([isKept(one!, 50_000), rings(one!, 50_000), keptMs(one!, 50_000)]).toEqual([false, true, 0]);
    expect(toPrepare(desk(entry(1, {})), null, nobody, 49_999)).toBeNull();
    expect(toPrepare(desk(entry(1, {})), null, nobody, 50_000)).toBe(id(1));
  });

  test("others can be taken meanwhile", () => {
    const { open, kept } = inOrder(desk(entry(1, {}), entry(2)), 10_000);
    expect([open.map((one) => one.session), kept.map((one) => one.session)]).toEqual([[id(2)], [id(1)]]);
  });
});

test("who is handed to me comes first and is made ready for, whoever was before", () => {
  const now = desk(entry(1), entry(2, { to_me: true }));
  expect(inOrder(now, 10_000).open.map((one) => one.session)).toEqual([id(2), id(1)]);
  expect(toPrepare(now, id(1), nobody, 10_000)).toBe(id(2));
  expect(toPrepare(now, id(1), nobody, 50_000)).toBe(id(1));
});

test("whom I let go does not ring for me and comes last, but can be taken", () => {
  const now = desk(entry(1, { by_me: true, to: null, until_ms: null, reason: "clarify" }), entry(2));
  expect(inOrder(now, 10_000).open.map((one) => one.session)).toEqual([id(2), id(1)]);
  expect(toPrepare(desk(entry(1, { by_me: true, to: null, until_ms: null })), null, nobody, 10_000)).toBeNull();
});

test("the wait is counted from the hand-over, the place from the first call", () => {
  const [one, two] = desk(entry(1, {}), entry(2)).waiting;
  expect([waitsSinceMs(one!), waitsSinceMs(two!)]).toEqual([5_000, 2]);
});

test("nonsense is a plain hand-over or none, and a name is made safe", () => {
  for (const nonsense of [null, undefined, 7, "x"]) expect(readHanded(nonsense)).toBeNull();
  expect(readHanded({ reason: "x", until_ms: "soon", by: "A\u202e\nB", to: 7 })).toMatchObject({
    reason: "handed",
    untilMs: 0,
    by: "A B",
    to: null,
  });
});
