import { expect, test } from "vitest";
import { documentsOn, pageFrom, pageIn, pageKey, readKey, type Piece } from "./pages";

const [ONE, TWO] = ["a".repeat(32), "b".repeat(32)];

function page(file: string, number: number, x: number, y: number): Piece[] {
  const frameId = `frame-${file}-${number}`;
  const box = { x, y, width: 800, height: 1_000 };
  return [
    { ...box, id: `page-${file}-${number}`, type: "image", fileId: pageKey(file, number), frameId },
    { ...box, id: frameId, type: "frame", name: `Antrag – Seite ${number}` },
  ];
}

test.each([
  [`${ONE}-1`, { file: ONE, number: 1 }],
  [`${ONE}-200`, { file: ONE, number: 200 }],
  [`${ONE}-201`, null],
  [`${ONE}-0`, null],
  [`${ONE}-01`, null],
  [ONE, null],
  [`${ONE}-1-1`, null],
  [7, null],
])("the file id %s names a page or not", (fileId, read) => {
  expect(readKey(fileId)).toEqual(read);
});

test("documents are told from left to right, their pages in order, deleted ones not at all", () => {
  const gone = page(ONE, 3, 0, 2_000).map((piece) => Object.assign(piece, { isDeleted: true }));
  const again = page(ONE, 1, 5_000, 0);
  const pieces = [...page(TWO, 1, 960, 0), ...page(ONE, 2, 0, 1_048), ...page(ONE, 1, 0, 0), ...again, ...gone];
  const documents = documentsOn(pieces);
  expect(documents.map(({ file, name }) => [file, name])).toEqual([[ONE, "Antrag"], [TWO, "Antrag"]]);
  expect(documents[0]?.pages.map(({ number }) => number)).toEqual([1, 2]);
});

test("the page that fills most of the view is the current one; steps stay inside its document", () => {
  const documents = documentsOn([...page(ONE, 1, 0, 0), ...page(ONE, 2, 0, 1_048), ...page(TWO, 1, 960, 0)]);
  const current = pageIn(documents, { x: 0, y: 800, width: 800, height: 1_000 });
  expect(current?.key).toBe(pageKey(ONE, 2));
  expect(pageFrom(documents, current!, 1).key).toBe(pageKey(ONE, 2));
  expect(pageFrom(documents, current!, -1).key).toBe(pageKey(ONE, 1));
  expect(pageIn(documents, { x: 5_000, y: 0, width: 10, height: 10 })).toBeNull();
});
