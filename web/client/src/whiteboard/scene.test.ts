/** The board's elements, merged and folded as Python does it (B-106, B-107, B-109, B-110). */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, clean, Fold, merge, ordered, outgoing, sceneHash, textOf, type Element, type Scene } from "./scene";

interface ElementVector {
  name: string;
  given: string;
  cleaned: string | null;
  many?: [mark: string, what: string, times: number, less: number];
}
interface MergeVector {
  name: string;
  versions: string[];
}
interface FoldVector {
  name: string;
  events: { kind: string; participant: string; body: string; copies?: number }[];
  hash: string;
  ordered: string[];
  left_out: number;
  locked_out: number;
}

const vectors = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../../tests/vectors/scene.json"), "utf8"),
) as { elements: ElementVector[]; merges: MergeVector[]; folds: FoldVector[] };

/** A text of a vector, with the run that its mark stands for. */
function written(text: string, { many }: ElementVector): string {
  if (many === undefined) return text;
  const [mark, what, times, less] = many;
  const run = what.repeat(times);
  return text.replace(mark, () => run.slice(0, run.length - less));
}

/** The text of an element that is read and cleaned once more. */
function again(element: Element | null): string | null {
  return element && textOf(clean(JSON.parse(textOf(element)))!);
}

test.each(vectors.elements)("element: $name", (vector) => {
  const element = clean(JSON.parse(written(vector.given, vector)));
  expect(element && textOf(element)).toBe(vector.cleaned && written(vector.cleaned, vector));
  expect(again(element)).toBe(element && textOf(element));
});

test.each(vectors.merges)("merge: $name", ({ versions }) => {
  const [winner, ...others] = versions.map((text) => clean(JSON.parse(text))!);
  for (const other of others) {
    for (const order of [[winner!, other], [other, winner!], [other, winner!, other]]) {
      expect([...merge(new Map(), order).values()]).toEqual([winner]);
    }
  }
});

function bodyOf(event: FoldVector["events"][number]): object {
  const body = JSON.parse(event.body);
  if (event.copies === undefined) return body;
  const [first] = body.elements;
  const start = Number(first.id.slice(1));
  return { elements: Array.from({ length: event.copies }, (_, n) => ({ ...first, id: `n${start + n}` })) };
}

test.each(vectors.folds)("fold: $name", async (vector) => {
  const fold = new Fold();
  const steps = vector.events.map((event) => fold.apply({ ...event, body: bodyOf(event) }));
  expect(ordered(fold.scene).map(({ id }) => id).slice(0, 20)).toEqual(vector.ordered);
  expect(await sceneHash(fold.scene)).toBe(vector.hash);
  expect(steps.reduce((sum, step) => sum + step.leftOut, 0)).toBe(vector.left_out);
  expect(steps.filter((step) => step.lockedOut)).toHaveLength(vector.locked_out);
});

const AT = { x: 0, y: 0, width: 10, height: 10 };
const RECTANGLE = { ...AT, type: "rectangle", id: "one", version: 1, versionNonce: 0 };

test("a link that came by the clipboard costs nobody their own drawing", () => {
  const pasted = { ...RECTANGLE, link: "https://example.org", customData: { a: 1 } };
  expect(clean(pasted)).toBeNull();
  expect(outgoing(pasted)).toEqual(clean(RECTANGLE));
});

// Few values for each: what matters is that they meet.
const elements = fc
  .record({
    id: fc.constantFrom("a", "B", "_"),
    version: fc.integer({ min: 1, max: 3 }),
    versionNonce: fc.integer({ min: 0, max: 2 }),
    isDeleted: fc.boolean(),
    index: fc.constantFrom(null, "a0", "a1", "Zz"),
    x: fc.double({ min: -10, max: 10, noNaN: true }),
    strokeColor: fc.constantFrom("red", "#fff"),
  })
  .map((fields) => clean({ ...RECTANGLE, ...fields })!);
const scenes = fc.array(elements, { maxLength: 6 }).map((drawn) => merge(new Map(), drawn));
const both = (one: Scene, other: Scene) => merge(one, other.values());

test("merging is commutative, associative and idempotent", () => {
  fc.assert(
    fc.property(scenes, scenes, scenes, (a, b, c) => {
      expect(canonical(both(a, b))).toBe(canonical(both(b, a)));
      expect(canonical(both(both(a, b), c))).toBe(canonical(both(a, both(b, c))));
      expect(both(a, a)).toEqual(a);
    }),
  );
});

test("a fold of changes is their merge, and whoever draws what changed shows it", () => {
  fc.assert(
    fc.property(fc.array(fc.array(elements, { minLength: 1, maxLength: 3 }), { maxLength: 5 }), (changes) => {
      const fold = new Fold();
      const shown = new Map<string, Element>();
      for (const change of changes) {
        const step = fold.apply({ kind: "board.changed", participant: "b".repeat(16), body: { elements: change } });
        for (const element of step.changed) shown.set(element.id, element);
      }
      expect(fold.scene).toEqual(merge(new Map(), changes.flat()));
      expect(fold.scene).toEqual(shown);
    }),
  );
});

test("nothing makes it fail, and cleaning twice changes nothing", () => {
  const names = Object.keys(clean({ ...RECTANGLE, type: "arrow", points: [[0, 0]] })!);
  const held = ({ fields }: { fields: object }) => {
    const element = clean({ ...RECTANGLE, type: "arrow", points: [[0, 0]], ...fields });
    return again(element) === (element && textOf(element));
  };
  const fields = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
  expect(fc.check(fc.property(fc.record({ fields }), held)).failed).toBe(false);
});
