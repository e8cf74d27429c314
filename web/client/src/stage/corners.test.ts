import { expect, test } from "vitest";
import { cornerByKey, nearestCorner } from "./corners";

const field = { left: 100, top: 50, width: 400, height: 300 };

test.each([
  [{ left: 110, top: 60 }, "top-left"],
  [{ left: 380, top: 60 }, "top-right"],
  [{ left: 110, top: 280 }, "bottom-left"],
  [{ left: 260, top: 190 }, "bottom-right"],
] as const)("a picture dropped at %o rests %s", (at, wanted) => {
  expect(nearestCorner({ ...at, width: 100, height: 60 }, field)).toBe(wanted);
});

test("arrow keys move it, and stop at the edge", () => {
  expect(cornerByKey("bottom-right", "ArrowUp")).toBe("top-right");
  expect(cornerByKey("top-right", "ArrowLeft")).toBe("top-left");
  expect(cornerByKey("top-left", "ArrowLeft")).toBe("top-left");
  expect(cornerByKey("top-left", "ArrowDown")).toBe("bottom-left");
  expect(cornerByKey("top-left", "Enter")).toBeNull();
});
