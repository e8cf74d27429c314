/** What one person has in hand at the board: tool, colour, what is chosen, the cross of the keyboard.
 * It draws nothing itself and says nothing to others. */
import { FONT_FAMILY } from "@excalidraw/excalidraw";
import type { AppState } from "@excalidraw/excalidraw/types";
import { isForDrawing, type Key } from "./keys";
import { copied, movedTo } from "./paste";
import type { PictureSource } from "./pictures";
import { Steering, type Cross, type Pen } from "./steering";
import type { BoardSurface } from "./surface";
import { PALETTES, strokeWidth, toolByKey, toolOf, widthByKey, type Tool, type ToolName, type WidthName } from "./tools";

export interface EaselState {
  readonly tool: ToolName;
  readonly ink: string;
  readonly marker: string;
  readonly width: WidthName;
  readonly selection: readonly string[];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly cross: Cross | null;
  /** Percent. */
  readonly zoom: number;
}

/** How everything looks that is drawn here: calm lines, our type, nothing sketched. */
export const LOOK: Partial<AppState> = {
  viewBackgroundColor: "transparent", // the paper lies below, and on it the documents
  currentItemRoughness: 0,
  currentItemFontFamily: FONT_FAMILY.Nunito,
  currentItemFontSize: 20,
  currentItemRoundness: "sharp",
  currentItemFillStyle: "solid",
  currentItemBackgroundColor: "transparent",
  currentItemStrokeStyle: "solid",
  currentItemArrowType: "sharp",
};

const PICTURE_SHARE = 0.6;

export class Easel {
  state: EaselState = {
    tool: "select",
    ink: PALETTES.ink[1].value,
    marker: PALETTES.marker[0].value,
    width: "medium",
    selection: [],
    canUndo: false,
    canRedo: false,
    cross: null,
    zoom: 100,
  };
  readonly #surface: BoardSurface;
  readonly #steering: Steering;
  readonly #pictures: PictureSource | null;
  readonly #changed: () => void;

  constructor(surface: BoardSurface, pen: Pen, pictures: PictureSource | null, changed: () => void) {
    this.#surface = surface;
    this.#steering = new Steering(pen);
    this.#pictures = pictures;
    this.#changed = changed;
    surface.on("change", () => this.#look());
    surface.on("view", () => this.#look());
  }

  choose(name: ToolName): void {
    this.#steering.rest();
    const tool = toolOf(name);
    this.#show({ tool: name, cross: null });
    this.#surface.api.setActiveTool({ type: tool.type, locked: keepsOn(tool) });
    this.#style(tool);
    this.#surface.focus();
  }

  /** Also of what is chosen. */
  color(value: string): void {
    const tool = toolOf(this.state.tool);
    this.#show(tool.palette === "marker" ? { marker: value } : { ink: value });
    this.#style(tool);
    if (this.state.selection.length > 0) this.#surface.restyle(this.state.selection, () => ({ strokeColor: value }));
  }

  /** Also of what is chosen. */
  widen(width: WidthName): void {
    this.#show({ width });
    this.#style(toolOf(this.state.tool));
    if (this.state.selection.length > 0) this.#surface.restyle(this.state.selection, (one) => ({ strokeWidth: strokeWidth(one, width) }));
  }

  undo(): void {
    this.#surface.undo();
  }

  redo(): void {
    this.#surface.redo();
  }

  remove(): void {
    this.#surface.remove(this.state.selection);
  }

  /** True if the key shall get no further: it was ours, or may not reach the drawing code. */
  press(key: Key): boolean {
    const plain = !key.ctrlKey && !key.metaKey && !key.altKey;
    const tool = plain && !key.shiftKey ? toolByKey(key.key) : undefined;
    if (tool !== undefined) {
      this.choose(tool.name);
      return true;
    }
    const width = plain && !key.shiftKey ? widthByKey(key.key) : undefined;
    if (width !== undefined) {
      this.widen(width);
      return true;
    }
    if (this.#steers(key) && this.#steering.press(key, this.state.tool === "text")) {
      this.#show({ cross: this.#steering.cross });
      return true;
    }
    return !isForDrawing(key);
  }

  /** Arrow keys move what is chosen; where nothing is, they move the cross. */
  #steers({ key, metaKey, altKey }: Key): boolean {
    if (metaKey || altKey) return false;
    const moves = key.startsWith("Arrow") || key === "Enter";
    return this.state.cross !== null || !(moves && this.state.tool === "select" && this.state.selection.length > 0);
  }

  /** The hand is on a mouse, a pen or the screen again. */
  rest(): void {
    if (this.state.cross === null) return;
    this.#steering.rest();
    this.#show({ cross: null });
  }

  // -- from outside

  /** Out of a clipboard. False if there was nothing for a board. */
  paste(data: Pick<DataTransfer, "getData" | "files">): boolean {
    const { x, y, width, height } = this.#surface.view();
    const [midX, midY] = [x + width / 2, y + height / 2];
    const text = data.getData("text/plain");
    const elements = copied(text, newId);
    if (elements !== null) {
      if (elements.length > 0) this.#put(movedTo(elements, midX, midY));
    } else if (this.#isPicture(data.files)) void this.picture(data.files[0] as File);
    else if (text.trim() !== "") this.write(text, midX, midY);
    else return false;
    return true;
  }

  /** Out of a file manager; nothing else that is dropped gets onto the board. */
  drop(data: Pick<DataTransfer, "files">): boolean {
    const is = this.#isPicture(data.files);
    if (is) void this.picture(data.files[0] as File);
    return is;
  }

  write(text: string, x: number, y: number): void {
    const lines = text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").slice(0, 5_000).trimEnd();
    const { width, height, lineHeight } = measured(lines);
    const place = { x: x - width / 2, y: y - height / 2, width, height };
    const style = { fontSize: FONT_PX, fontFamily: FONT_FAMILY.Nunito, lineHeight, strokeColor: this.state.ink };
    this.#put([{ id: newId(), type: "text", ...place, ...style, text: lines, originalText: lines }]);
  }

  /** Share it, and lay it in the middle of what is seen. */
  async picture(file: File): Promise<void> {
    if (this.#pictures === null) return;
    const shared = await this.#pictures.share(file);
    if (shared === null) return;
    await this.#surface.addPicture(shared.fileId, shared.blob);
    const seen = this.#surface.view();
    const scale = Math.min(1, (seen.width * PICTURE_SHARE) / shared.width, (seen.height * PICTURE_SHARE) / shared.height);
    const [width, height] = [shared.width * scale, shared.height * scale];
    const place = { x: seen.x + (seen.width - width) / 2, y: seen.y + (seen.height - height) / 2, width, height };
    this.#put([{ id: newId(), type: "image", ...place, fileId: shared.fileId, status: "saved", scale: [1, 1] }]);
  }

  #isPicture(files: FileList): boolean {
    return this.#pictures !== null && /^image\/(png|jpeg|webp)$/.test(files[0]?.type ?? "");
  }

  #put(elements: readonly ({ id: string } & Record<string, unknown>)[]): void {
    this.choose("select");
    this.#surface.add(elements);
    this.#surface.select(elements.map(({ id }) => id));
  }

  #style(tool: Tool): void {
    if (tool.opacity === undefined) return;
    const currentItemStrokeColor = tool.palette === "marker" ? this.state.marker : this.state.ink;
    const currentItemStrokeWidth = strokeWidth(tool, this.state.width);
    this.#surface.api.updateScene({
      appState: { currentItemStrokeColor, currentItemStrokeWidth, currentItemOpacity: tool.opacity },
    });
  }

  #look(): void {
    const surface = this.#surface;
    const active = surface.api.getAppState().activeTool.type;
    // A shape is done and Excalidraw takes the tool that chooses: so do we.
    const tool = active === "selection" && toolOf(this.state.tool).type !== "selection" ? "select" : this.state.tool;
    const seen = { selection: surface.selection(), canUndo: surface.canUndo, canRedo: surface.canRedo };
    const zoom = Math.round(surface.zoom * 100);
    const now = this.state;
    const changed =
      tool !== now.tool ||
      zoom !== now.zoom ||
      seen.canUndo !== now.canUndo ||
      seen.canRedo !== now.canRedo ||
      seen.selection.join() !== now.selection.join();
    if (changed) this.#show({ tool, zoom, ...seen });
  }

  #show(more: Partial<EaselState>): void {
    this.state = { ...this.state, ...more };
    this.#changed();
  }
}

const FONT_PX = 20;

/** Pens go on; whoever has drawn a shape mostly wants to move it next. */
function keepsOn({ type }: Tool): boolean {
  return type === "freedraw" || type === "eraser" || type === "laser";
}

function newId(): string {
  return crypto.randomUUID();
}

function measured(text: string): { width: number; height: number; lineHeight: number } {
  const lineHeight = 1.35;
  const lines = text.split("\n");
  const pen = document.createElement("canvas").getContext("2d");
  if (pen !== null) pen.font = `${FONT_PX}px Nunito`;
  const width = Math.max(...lines.map((line) => pen?.measureText(line).width ?? line.length * 10));
  return { width: Math.max(1, width), height: lines.length * FONT_PX * lineHeight, lineHeight };
}
