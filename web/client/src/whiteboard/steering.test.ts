/** Everything that a hand can draw, keys can draw: down, over, up. */
import { beforeEach, expect, test } from "vitest";
import { Steering } from "./steering";

let did: string[];
let steering: Steering;

beforeEach(() => {
  did = [];
  steering = new Steering({
    size: () => ({ width: 400, height: 300 }),
    down: (x, y) => void did.push(`down ${x} ${y}`),
    move: (x, y) => void did.push(`move ${x} ${y}`),
    up: (x, y) => void did.push(`up ${x} ${y}`),
    tap: (x, y) => void did.push(`tap ${x} ${y}`),
    scroll: (x, y) => void did.push(`scroll ${x} ${y}`),
  });
});

const press = (key: string, more = {}) => steering.press({ key, shiftKey: false, ctrlKey: false, ...more });

test("from the middle on: down, over the board, up", () => {
  expect(["ArrowRight", "Enter", "ArrowDown", "Enter"].map((key) => press(key))).toEqual([true, true, true, true]);
  expect(did).toEqual(["move 210 150", "down 210 150", "move 210 160", "up 210 160"]);
});

test("finer with Shift, wider with Control", () => {
  press("ArrowLeft", { shiftKey: true });
  press("ArrowUp", { ctrlKey: true });
  expect(did).toEqual(["move 199 150", "move 199 100"]);
});

test("at the edge the board moves, unless the pen is down", () => {
  for (let n = 0; n < 4; n += 1) press("ArrowLeft", { ctrlKey: true });
  expect(did.at(-2)).toBe("scroll -24 0");
  press("Enter");
  did = [];
  press("ArrowLeft");
  expect(did).toEqual(["move 24 150"]);
});

test("a tool that needs a place only has it with one Enter", () => {
  press("ArrowUp");
  expect(steering.press({ key: "Enter", shiftKey: false, ctrlKey: false }, true)).toBe(true);
  expect(did).toEqual(["move 200 140", "tap 200 140"]);
  expect(steering.cross?.down).toBe(false);
});

test("Escape lifts the pen; without a cross it is somebody else's key", () => {
  expect(press("Escape")).toBe(false);
  press("Enter");
  expect(press("Escape")).toBe(true);
  expect([did.at(-1), steering.cross]).toEqual(["up 200 150", null]);
});
