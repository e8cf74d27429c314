/** The tools for advice: what each is to Excalidraw, and which key calls it. A table, nothing else. */

export type ToolName =
  | "select"
  | "pen"
  | "marker"
  | "arrow"
  | "line"
  | "rectangle"
  | "ellipse"
  | "text"
  | "eraser"
  | "laser";

export interface Tool {
  readonly name: ToolName;
  readonly type: "selection" | "freedraw" | "arrow" | "line" | "rectangle" | "ellipse" | "text" | "eraser" | "laser";
  /** While the board has the focus. */
  readonly key: string;
  readonly strokeWidth?: number;
  /** Percent. */
  readonly opacity?: number;
  /** Which colours it has; none: it leaves nothing. */
  readonly palette?: "ink" | "marker";
}

const INK = { strokeWidth: 2, opacity: 100, palette: "ink" } as const;

export const TOOLS: readonly Tool[] = [
  { name: "select", type: "selection", key: "v" },
  { name: "pen", type: "freedraw", key: "p", strokeWidth: 1, opacity: 100, palette: "ink" },
  { name: "marker", type: "freedraw", key: "m", strokeWidth: 6, opacity: 40, palette: "marker" },
  { name: "arrow", type: "arrow", key: "a", ...INK },
  { name: "line", type: "line", key: "l", ...INK },
  { name: "rectangle", type: "rectangle", key: "r", ...INK },
  { name: "ellipse", type: "ellipse", key: "o", ...INK },
  { name: "text", type: "text", key: "t", ...INK },
  { name: "eraser", type: "eraser", key: "e" },
  { name: "laser", type: "laser", key: "k" },
];

/** How wide a line is, of whichever tool: that many times what the tool draws by itself. */
export const WIDTHS = [
  { name: "thin", factor: 0.5, key: "1" },
  { name: "medium", factor: 1, key: "2" },
  { name: "thick", factor: 2, key: "3" },
] as const;

export type WidthName = (typeof WIDTHS)[number]["name"];

export const PALETTES = {
  ink: [
    { name: "black", value: "#1e1e1e" },
    { name: "blue", value: "#1864ab" },
    { name: "red", value: "#c92a2a" },
    { name: "green", value: "#2b8a3e" },
    { name: "orange", value: "#d9480f" },
  ],
  marker: [
    { name: "yellow", value: "#fab005" },
    { name: "green", value: "#40c057" },
    { name: "pink", value: "#e64980" },
    { name: "blue", value: "#228be6" },
    { name: "orange", value: "#fd7e14" },
  ],
} as const;

export function toolOf(name: ToolName): Tool {
  return TOOLS.find((tool) => tool.name === name) as Tool;
}

export function toolByKey(key: string): Tool | undefined {
  return TOOLS.find((tool) => tool.key === key.toLowerCase());
}

export function widthByKey(key: string): WidthName | undefined {
  return WIDTHS.find((width) => width.key === key)?.name;
}

/** What this width means for something drawn with this tool; or with one of this look, where the
 * tool is not known any more. */
export function strokeWidth(drawn: Pick<Tool, "type" | "opacity"> | { type: string; opacity: number }, width: WidthName): number {
  const alike = TOOLS.filter(({ type }) => type === drawn.type);
  const [tool = toolOf("line")] = [...alike].sort((one, other) => distance(one) - distance(other));
  const factor = WIDTHS.find(({ name }) => name === width)?.factor ?? 1;
  return (tool.strokeWidth ?? 2) * factor;

  function distance({ opacity = 100 }: Tool): number {
    return Math.abs(opacity - (drawn.opacity ?? 100));
  }
}
