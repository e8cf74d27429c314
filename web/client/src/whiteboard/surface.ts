/** The surface that is drawn on: Excalidraw, as the rest of the board sees it. Whatever comes onto it
 * was cleaned by `scene.ts`. It does not know the relay, nor who draws. */
import { CaptureUpdateAction, newElementWith } from "@excalidraw/excalidraw";
import type { ExcalidrawElement, OrderedExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import type { AppState, BinaryFileData, ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { Listeners } from "../signaling/listeners";
import type { Canvas, Drawn } from "./board";
import { readKey } from "./documents/pages";
import type { Pointer } from "./pointers";
import { outgoing, type Element } from "./scene";

/** Units of the scene. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface SurfaceEvents {
  [name: string]: unknown[];
  /** Anything was drawn, chosen or moved, by whomever. */
  change: [];
  /** Another part is seen. */
  view: [view: Rect];
  selection: [ids: readonly string[]];
  pointers: [pointers: readonly Pointer[]];
  /** Pictures in sight of which nothing is known but their `fileId`. */
  wanted: [fileIds: readonly string[]];
}

export type Style = Partial<Pick<Element & { strokeColor: string; strokeWidth: number; opacity: number }, "strokeColor" | "strokeWidth" | "opacity">>;

const ZOOM = { least: 0.1, most: 8 };
/** Pictures this far outside of what is seen are wanted already, as a share of it. */
const MARGIN = 0.5;
const WANTED_MS = 120;

/** What others build on: documents, exports, lists. One per open board. */
export class BoardSurface implements Canvas {
  readonly api: ExcalidrawImperativeAPI;
  readonly #root: HTMLElement;
  readonly #listeners = new Listeners<SurfaceEvents>();
  /** Pages of documents: they lie below the drawing, and whoever knows documents draws them there.
   * Excalidraw would keep a copy of each in the size of the screen, as long as the board is open. */
  readonly #pages = new Map<string, Element>();
  #selection: readonly string[] = [];
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(api: ExcalidrawImperativeAPI, root: HTMLElement) {
    this.api = api;
    this.#root = root;
  }

  on<Name extends keyof SurfaceEvents & string>(name: Name, heard: (...facts: SurfaceEvents[Name]) => void): () => void {
    return this.#listeners.on(name, heard);
  }

  close(): void {
    clearTimeout(this.#looking);
  }

  // -- as the board sees it

  elements(): readonly Drawn[] {
    return [...this.api.getSceneElementsIncludingDeleted(), ...this.#pages.values()];
  }

  busy(): boolean {
    const state = this.api.getAppState();
    return state.cursorButton === "down" || this.#inHand(state).size > 0;
  }

  take(elements: readonly Element[], gone: readonly string[]): void {
    const inHand = this.#inHand(this.api.getAppState());
    const all = new Map(this.api.getSceneElementsIncludingDeleted().map((one) => [one.id, one]));
    for (const element of elements) {
      if (isPage(element)) this.#pages.set(element.id, element);
      else if (!inHand.has(element.id)) all.set(element.id, drawable(element));
    }
    for (const id of gone) {
      this.#pages.delete(id);
      if (!inHand.has(id)) all.delete(id);
    }
    this.api.updateScene({ elements: [...all.values()].sort(byPlace), captureUpdate: CaptureUpdateAction.NEVER });
  }

  point(pointers: readonly Pointer[]): void {
    this.#listeners.tell("pointers", pointers);
  }

  /** What this person has hold of: nobody else's change may get in its way. */
  #inHand(state: AppState): ReadonlySet<string> {
    const { newElement, multiElement, resizingElement, editingTextElement, editingLinearElement } = state;
    const held = [newElement, multiElement, resizingElement, editingTextElement].flatMap((one) => one?.id ?? []);
    if (editingLinearElement) held.push(editingLinearElement.elementId);
    const moving = state.selectedElementsAreBeingDragged || state.isResizing || state.isRotating;
    return new Set([...held, ...(moving ? this.selection() : [])]);
  }

  /** Lay these below the drawing, or in place of those with the same id; versions are theirs. Nobody
   * takes a document away by undoing a stroke: to undo is no use here. */
  lay(elements: readonly object[]): void {
    this.take(elements.flatMap((one) => outgoing(one) ?? []), []);
  }

  // -- as this person uses it: all of it can be undone

  /** Add these to the front, or put them in place of those with the same id. Elements as `clean`
   * knows them, in their order, without `index` and `version`; what it would not let through is left
   * out. */
  add(elements: readonly object[]): void {
    const now = new Map(this.api.getSceneElementsIncludingDeleted().map((one) => [one.id, one]));
    for (const given of elements) {
      const version = (now.get((given as Partial<Drawn>).id ?? "")?.version ?? 0) + 1;
      const element = outgoing({ ...given, index: null, version, versionNonce: random() });
      if (element !== null) now.set(element.id, drawable(element));
    }
    // Without an index they are given one that puts them last.
    this.#do([...now.values()]);
  }

  remove(ids: readonly string[]): void {
    this.#change(ids, () => ({ isDeleted: true }));
    this.select([]);
  }

  restyle(ids: readonly string[], style: (element: ExcalidrawElement) => Style): void {
    this.#change(ids, style);
  }

  #change(ids: readonly string[], how: (element: ExcalidrawElement) => object): void {
    const some = new Set(ids);
    const all = this.api.getSceneElementsIncludingDeleted();
    this.#do(all.map((one) => (some.has(one.id) && !one.locked ? newElementWith(one, how(one)) : one)));
  }

  #do(elements: readonly OrderedExcalidrawElement[]): void {
    this.api.updateScene({ elements, captureUpdate: CaptureUpdateAction.IMMEDIATELY });
  }

  selection(): readonly string[] {
    const { selectedElementIds } = this.api.getAppState();
    return Object.keys(selectedElementIds).filter((id) => selectedElementIds[id]);
  }

  select(ids: readonly string[]): void {
    const selectedElementIds = Object.fromEntries(ids.map((id) => [id, true as const]));
    this.api.updateScene({ appState: { selectedElementIds } });
  }

  /** Keys go to the paper from now on. */
  focus(): void {
    this.#root.querySelector<HTMLElement>(".excalidraw-container")?.focus({ preventScroll: true });
  }

  undo(): void {
    this.#press("button-undo");
  }

  redo(): void {
    this.#press("button-redo");
  }

  get canUndo(): boolean {
    return this.#button("button-undo")?.disabled === false;
  }

  get canRedo(): boolean {
    return this.#button("button-redo")?.disabled === false;
  }

  /** Excalidraw offers these by its own buttons only; they are there, but not shown. */
  #button(name: string): HTMLButtonElement | null {
    return this.#root.querySelector<HTMLButtonElement>(`[data-testid="${name}"]`);
  }

  #press(name: string): void {
    this.#button(name)?.click();
  }

  // -- what is seen

  view(): Rect {
    const { scrollX, scrollY, zoom, width, height } = this.api.getAppState();
    return { x: 0 - scrollX, y: 0 - scrollY, width: width / zoom.value, height: height / zoom.value };
  }

  get zoom(): number {
    return this.api.getAppState().zoom.value;
  }

  /** All of this rectangle is seen, in the middle, as large as it fits. */
  show(rect: Rect, largest = ZOOM.most): void {
    const { width, height } = this.api.getAppState();
    const fit = Math.min(width / Math.max(1, rect.width), height / Math.max(1, rect.height));
    this.#look(clamp(fit, ZOOM.least, largest), rect.x + rect.width / 2, rect.y + rect.height / 2);
  }

  /** Everything that is drawn is seen; a little of it no larger than it is. */
  showAll(): void {
    const rect = boundsOf(this.api.getSceneElements());
    if (rect !== null) this.show(grown(rect, 40), 1);
  }

  /** Choose it, and bring it to where it can be seen. */
  reveal(element: Rect & { readonly id: string; readonly locked: boolean }): void {
    const { x, y, width, height } = this.view();
    const inside = element.x >= x && element.y >= y && element.x + element.width <= x + width && element.y + element.height <= y + height;
    if (!inside) this.show(grown(element, 60), this.zoom);
    if (!element.locked) {
      this.api.setActiveTool({ type: "selection" });
      this.select([element.id]);
    }
  }

  zoomBy(factor: number): void {
    const { x, y, width, height } = this.view();
    this.#look(clamp(this.zoom * factor, ZOOM.least, ZOOM.most), x + width / 2, y + height / 2);
  }

  /** In units of the scene. */
  scrollBy(x: number, y: number): void {
    const { scrollX, scrollY } = this.api.getAppState();
    this.api.updateScene({ appState: { scrollX: scrollX - x, scrollY: scrollY - y } });
  }

  #look(zoom: number, x: number, y: number): void {
    const { width, height } = this.api.getAppState();
    this.look({ zoom, scrollX: width / 2 / zoom - x, scrollY: height / 2 / zoom - y });
  }

  look({ zoom, scrollX, scrollY }: { zoom: number; scrollX: number; scrollY: number }): void {
    const value = zoom as AppState["zoom"]["value"];
    this.api.updateScene({ appState: { zoom: { value }, scrollX, scrollY } });
  }

  // -- pictures

  /** The pixels of a picture: they never travel with its element. */
  async addPicture(fileId: string, blob: Blob): Promise<void> {
    const data = { id: fileId, mimeType: blob.type, dataURL: await dataUrl(blob), created: 1 };
    this.api.addFiles([data as unknown as BinaryFileData]);
  }

  // -- what Excalidraw tells

  changed(): void {
    this.#listeners.tell("change");
    const selection = this.selection();
    if (selection.join() !== this.#selection.join()) {
      this.#selection = selection;
      this.#listeners.tell("selection", selection);
    }
    this.lookForPictures();
  }

  scrolled(): void {
    this.#listeners.tell("view", this.view());
    this.lookForPictures();
  }

  /** Say which are wanted. */
  lookForPictures(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      const files = this.api.getFiles();
      const near = grown(this.view(), this.view().height * MARGIN);
      const wanted = this.api.getSceneElements().flatMap((one) => {
        if (one.type !== "image" || one.fileId === null || one.fileId in files || !touches(one, near)) return [];
        return one.fileId;
      });
      if (wanted.length > 0) this.#listeners.tell("wanted", [...new Set(wanted)]);
    }, WANTED_MS);
  }
}

/** The smallest rectangle around all of these; null around nothing. */
export function boundsOf(elements: readonly Rect[]): Rect | null {
  if (elements.length === 0) return null;
  const x = Math.min(...elements.map((one) => one.x));
  const y = Math.min(...elements.map((one) => one.y));
  const right = Math.max(...elements.map((one) => one.x + one.width));
  const bottom = Math.max(...elements.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}

function grown({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

function touches(one: Rect, other: Rect): boolean {
  const apart = one.x > other.x + other.width || other.x > one.x + one.width;
  return !apart && one.y <= other.y + other.height && other.y <= one.y + one.height;
}

/** What Excalidraw needs beside what a cleaned element has. Elbow arrows check their points while
 * they are moved and throw: as plain arrows the same points are harmless. */
function drawable(element: Element): OrderedExcalidrawElement {
  const plain = element.type === "arrow" ? { elbowed: false, fixedSegments: null } : {};
  return { ...element, ...plain, updated: 1, lastCommittedPoint: null } as unknown as OrderedExcalidrawElement;
}

function isPage({ type, fileId }: Element): boolean {
  return type === "image" && readKey(fileId) !== null;
}

function byPlace(one: OrderedExcalidrawElement, other: OrderedExcalidrawElement): number {
  const [a, b] = [one.index ?? "", other.index ?? ""];
  if (a !== b) return a < b ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

function random(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result as string));
    reader.addEventListener("error", () => failed(reader.error));
    reader.readAsDataURL(blob);
  });
}
