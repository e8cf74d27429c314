/** Strokes in progress: only what is new travels, and nothing wrong is joined. */
import { expect, test } from "vitest";
import { Drafts, Telling, type Stroke } from "./sketches";
import { clean, type Element } from "./scene";

const stroke = (id: string, version: number, points: number): Element =>
  clean({
    id,
    type: "freedraw",
    x: 0,
    y: 0,
    width: 9,
    height: 9,
    version,
    versionNonce: 1,
    points: Array.from({ length: points }, (_, n) => [n, n]),
  }) as Element;
const points = (element: Element | undefined) => (element?.["points"] as unknown[] | undefined)?.length;

test("of a long stroke one piece after the other, then nothing", () => {
  const [telling, drafts] = [new Telling(), new Drafts()];
  const element = stroke("s", 5, 600);
  const pieces: Stroke[] = [];
  for (let next = telling.next([element]); next !== null; next = telling.next([element])) pieces.push(next);
  expect(pieces.map(({ from }) => from)).toEqual([0, 250, 500]);
  for (const piece of pieces) expect(drafts.take("anna", piece, 0)).toBe(true);
  expect(points(drafts.get("s"))).toBe(600);
  expect(drafts.get("s")).toEqual(element);
  expect(pieces[1]?.element).not.toHaveProperty("strokeColor");
});

test("a piece that is missing, or another one's, is not joined to anything", () => {
  const drafts = new Drafts();
  expect(drafts.take("anna", { element: stroke("s", 1, 10), from: 0 }, 0)).toBe(true);
  expect(drafts.take("anna", { element: stroke("s", 2, 5), from: 12 }, 0)).toBe(false);
  expect(drafts.take("ben", { element: stroke("s", 2, 5), from: 10 }, 0)).toBe(false);
  expect(drafts.take("anna", { element: { type: "iframe" } }, 0)).toBe(false);
  expect(points(drafts.get("s"))).toBe(10);
});

test("several things in hand take turns", () => {
  const telling = new Telling();
  const turns = [1, 2, 3].map((version) => {
    const both = [stroke("one", version, 2), stroke("two", version, 2)];
    return [0, 1].map(() => (telling.next(telling.turn(both))?.element as Element | undefined)?.id);
  });
  expect(turns.map((turn) => turn.toSorted())).toEqual(Array.from({ length: 3 }, () => ["one", "two"]));
});

test("what is settled or forgotten goes, and no stranger fills the memory", () => {
  const drafts = new Drafts();
  for (let n = 0; n < 500; n += 1) drafts.take("anna", { element: stroke(`s${n}`, 1, 2) }, n);
  expect(drafts.size).toBe(100);
  const scene = new Map([["s0", stroke("s0", 9, 2)]]);
  expect(drafts.expire(scene, 15_050).map(({ id }) => id)).toEqual(Array.from({ length: 49 }, (_, n) => `s${n + 1}`));
  expect(drafts.dropOf("anna")).toHaveLength(50);
});
