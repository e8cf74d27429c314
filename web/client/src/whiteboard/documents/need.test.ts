import { expect, test } from "vitest";
import { fitting } from "./documents";
import { MAX_PIXELS, needs, pixelWidth } from "./need";
import type { Laid } from "./pages";

const FILE = "a".repeat(32);
const box = { x: 0, y: 0, width: 800, height: 1_000 };
const laid: Laid = {
  file: FILE,
  name: "Antrag",
  pages: Array.from({ length: 100 }, (_, at) => ({ ...box, y: at * 1_048, number: at + 1, file: FILE, key: `${FILE}-${at + 1}`, id: `p${at}` })),
};

test("what is seen comes first, most of it first, then one page before and after", () => {
  const list = needs([laid], { x: 0, y: 10 * 1_048 + 700, width: 800, height: 900 }, 1);
  expect(list.map(({ page, seen }) => [page.number, seen])).toEqual([[12, true], [11, true], [10, false], [13, false]]);
});

test("nothing is needed where no page is", () => {
  expect(needs([laid], { x: 5_000, y: 0, width: 100, height: 100 }, 1)).toEqual([]);
});

test("pages are drawn at least as sharp as the screen, in steps, never beyond the bound", () => {
  for (const ratio of [0.1, 0.33, 1, 1.7, 2, 3]) {
    const width = pixelWidth(box, ratio);
    expect(width).toBeGreaterThanOrEqual(Math.min(Math.floor(800 * ratio), width));
    expect(width).toBeLessThanOrEqual(Math.max(160, 800 * ratio * Math.SQRT2 + 1));
  }
  expect(pixelWidth(box, 1)).toBe(pixelWidth(box, 1.05));
  expect(pixelWidth(box, 1_000) ** 2 * 1.25).toBeLessThanOrEqual(MAX_PIXELS);
  expect(pixelWidth({ ...box, height: 0 }, 1)).toBeGreaterThan(0);
});

test("no more is asked for than there is room, the same page once, the first one always", () => {
  const many = needs([laid], { x: 0, y: 0, width: 800, height: 104_800 }, 2);
  expect(many.length).toBe(100);
  const kept = fitting([...many, ...many], 30_000_000);
  expect(kept.length).toBeLessThan(10);
  expect(new Set(kept.map(({ page }) => page.key)).size).toBe(kept.length);
  expect(fitting(many, 1).length).toBe(1);
});
