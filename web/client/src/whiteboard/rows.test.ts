/** The board in words: what is there, who drew it, on which page. */
import { expect, test } from "vitest";
import { rowsOf } from "./rows";
import { clean, type Element } from "./scene";

const base = { x: 0, y: 0, width: 10, height: 10, version: 1, versionNonce: 1 };

function rows(...given: object[]) {
  const elements = given.map((one, at) => clean({ ...base, index: `a${at}`, ...one }) as Element);
  return rowsOf(new Map(elements.map((one) => [one.id, one])), (id) => (id === "x" ? null : { name: "Anna", mine: id === "mine" }));
}

test("one row for each thing that can be seen, from back to front", () => {
  expect(
    rows({ id: "mine", type: "ellipse" }, { id: "x", type: "line", points: [[0, 0]] }, { id: "gone", type: "ellipse", isDeleted: true }),
  ).toEqual([
    { id: "mine", type: "ellipse", text: "", page: null, author: "Anna", mine: true, fixed: false },
    { id: "x", type: "line", text: "", page: null, author: "", mine: false, fixed: false },
  ]);
});

test("a label belongs to its shape, the picture of a page to its page", () => {
  const found = rows(
    { id: "page", type: "frame", name: "Tarif – Seite 1", locked: true },
    { id: "pixels", type: "image", fileId: `${"a".repeat(32)}-1`, frameId: "page", locked: true },
    { id: "box", type: "rectangle", frameId: "page", boundElements: [{ id: "label", type: "text" }] },
    { id: "label", type: "text", text: "hier", originalText: "hier", containerId: "box" },
  );
  expect(found.map(({ id, text, page, fixed }) => ({ id, text, page, fixed }))).toEqual([
    { id: "page", text: "Tarif – Seite 1", page: null, fixed: true },
    { id: "box", text: "hier", page: "Tarif – Seite 1", fixed: false },
  ]);
});
