import { expect, test } from "vitest";
import { boxOf, COLUMN, freeSpot, indexAt, pageElements } from "./layout";
import { documentsOn } from "./pages";

const FILE = "0123456789abcdef".repeat(2);
const laying = {
  file: FILE,
  name: "Antrag",
  x: 0,
  y: 0,
  title: (page: number) => `Seite ${page}`,
  version: () => 0,
  random: () => 0.5,
};

test("a page is as wide as its column, unless it would be taller than two screens", () => {
  expect(boxOf({ width: 595, height: 842 }, 0, 0)).toEqual({ x: 0, y: 0, width: 800, height: 1132.1 });
  const tall = boxOf({ width: 100, height: 20_000 }, 0, 0);
  expect(tall).toEqual({ x: (COLUMN - 8) / 2, y: 0, width: 8, height: 1_600 });
  expect(boxOf({ width: 20_000, height: 20_000 }, 0, 0).width).toBe(COLUMN);
});

test("frame and image of a page are locked, belong together, and are found again", () => {
  const pieces = pageElements(laying, 2, { width: 595, height: 842 }, 1_180);
  expect(pieces.map(({ id, type }) => [type, id])).toEqual([
    ["image", `page-${FILE}-2`],
    ["frame", `frame-${FILE}-2`],
  ]);
  expect(pieces).toEqual(pageElements(laying, 2, { width: 595, height: 842 }, 1_180));
  expect(pieces.every((piece) => "locked" in piece && piece.locked)).toBe(true);
  expect(documentsOn(pieces)).toMatchObject([{ file: FILE, name: "Antrag", pages: [{ number: 2, y: 1_180 }] }]);
});

test("what was taken away and is laid again wins over its own tombstone", () => {
  const [image] = pageElements({ ...laying, version: () => 7 }, 1, { width: 1, height: 1 }, 0);
  expect(image).toMatchObject({ version: 8, isDeleted: false });
});

test("the next document goes to the right of everything, at the top of the pages", () => {
  expect(freeSpot([])).toEqual({ x: 0, y: 0 });
  const pieces = [
    ...pageElements({ ...laying, y: 40 }, 1, { width: 595, height: 842 }, 40),
    { id: "s", type: "freedraw", x: 900, y: -300, width: 100, height: 50 },
    { id: "gone", type: "rectangle", x: 9_000, y: 0, width: 1, height: 1, isDeleted: true },
  ];
  expect(freeSpot(pieces)).toEqual({ x: 1_160, y: 40 });
});

test("places are sixteen characters in ascending order, different for each page and document", () => {
  const places = [1, 2, 61, 62, 400].map((place) => indexAt(FILE, place));
  expect(places.every((index) => /^L[0-9A-Za-z]{15}$/.test(index))).toBe(true);
  expect(places.toSorted()).toEqual(places);
  expect(places.every((index) => index < "Zz" && index < "a0")).toBe(true);
  expect(indexAt("f".repeat(32), 1)).not.toBe(places[0]);
});
