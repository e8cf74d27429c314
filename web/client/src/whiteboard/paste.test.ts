/** Out of a clipboard come elements with new ids and nothing that a board may not have. */
import { expect, test } from "vitest";
import { copied, movedTo } from "./paste";

const base = { x: 0, y: 0, width: 10, height: 10, version: 3, versionNonce: 5 };
const board = (...elements: unknown[]) => JSON.stringify({ type: "excalidraw/clipboard", elements, files: {} });

function paste(...elements: unknown[]) {
  let next = 0;
  return copied(board(...elements), () => `new-${(next += 1)}`);
}

test("a copy has new ids, and what belongs together still does", () => {
  const box = { ...base, id: "box", type: "rectangle", boundElements: [{ id: "label", type: "text" }, { id: "elsewhere", type: "arrow" }] };
  const label = { ...base, id: "label", type: "text", text: "ja", containerId: "box", groupIds: ["g"] };
  const arrow = { ...base, id: "a", type: "arrow", points: [[0, 0]], startBinding: { elementId: "box" }, endBinding: { elementId: "gone" } };
  const [one, two, three] = paste(box, label, arrow) ?? [];
  expect(one).toMatchObject({ id: "new-1", boundElements: [{ id: "new-2", type: "text" }] });
  expect(two).toMatchObject({ id: "new-2", containerId: "new-1", groupIds: ["new-4"] });
  expect(three).toMatchObject({ startBinding: { elementId: "new-1" }, endBinding: null });
});

test("links and data go; what may not be there at all stays away", () => {
  const given = paste(
    { ...base, id: "a", type: "rectangle", link: "javascript:alert(1)", customData: { html: "<b>" }, locked: true },
    { ...base, id: "b", type: "iframe" },
    { ...base, id: "c", type: "rectangle", x: 1e99 },
    null,
  );
  expect(given).toMatchObject([{ id: "new-1", link: null, locked: false }]);
  expect(JSON.stringify(given)).not.toContain("html");
});

test.each(["", "Guten Tag", "https://youtu.be/x", '{"type":"excalidraw/clipboard"', '"excalidraw/clipboard"', board().replace("[]", "7")])(
  "%j is no copy of a board",
  (text) => {
    expect(copied(text, () => "x")).toBeNull();
  },
);

test("it is laid where one looks", () => {
  const [one, two] = movedTo(paste({ ...base, id: "a", type: "ellipse" }, { ...base, id: "b", type: "ellipse", x: 90 }) ?? [], 500, 300);
  expect([one?.x, two?.x, one?.y]).toEqual([450, 540, 295]);
});
