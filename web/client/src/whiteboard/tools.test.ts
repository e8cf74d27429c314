/** One choice of width, and what it means for each tool. */
import { expect, test } from "vitest";
import { strokeWidth, toolByKey, toolOf, TOOLS, widthByKey, WIDTHS } from "./tools";

test("every tool that leaves something is wider or thinner around its own width", () => {
  for (const tool of TOOLS.filter(({ palette }) => palette !== undefined)) {
    const [thin, medium, thick] = WIDTHS.map(({ name }) => strokeWidth(tool, name));
    expect([thin, medium, thick]).toEqual([tool.strokeWidth! / 2, tool.strokeWidth, tool.strokeWidth! * 2]);
  }
});

test("what is chosen on the board is known by its look: pen and marker are the same type there", () => {
  expect(strokeWidth({ type: "freedraw", opacity: 40 }, "thick")).toBe(2 * toolOf("marker").strokeWidth!);
  expect(strokeWidth({ type: "freedraw", opacity: 100 }, "thick")).toBe(2 * toolOf("pen").strokeWidth!);
  expect(strokeWidth({ type: "diamond", opacity: 100 }, "thin")).toBe(1);
});

test("no key calls two things", () => {
  const keys = [...TOOLS, ...WIDTHS].map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(WIDTHS.map(({ key }) => widthByKey(key))).toEqual(WIDTHS.map(({ name }) => name));
  expect(widthByKey("v") ?? toolByKey("1")).toBeUndefined();
});
