/** The board as files to keep: the pages of a document with what was drawn on them as a PDF, the whole
 * board as PNG or SVG. Made here, in the browser; Excalidraw draws, the pages come from `Documents`. */
import { exportToCanvas, exportToSvg } from "@excalidraw/excalidraw";
import { free } from "./documents";
import type { PageSize } from "./layout";
import { overlap, readKey, type Box, type Laid, type Page, type Piece } from "./pages";
import { pdfOf, type PictureOfPage } from "./pdfOut";
import { PdfTrouble } from "./trouble";

export interface ExportEnds {
  /** What is to be seen on the board, from back to front. */
  readonly elements: readonly Piece[];
  draw(file: string, number: number, width: number): Promise<HTMLCanvasElement>;
  size(file: string, number: number): Promise<PageSize>;
  /** The picture with this file id. */
  picture(file: string): Promise<Blob>;
  progress?(done: number, of: number): void;
  readonly signal?: AbortSignal;
}

type Given = Parameters<typeof exportToCanvas>[0];
type Files = NonNullable<Given["files"]>;

const DOTS_PER_POINT = 150 / 72;
const QUALITY = 0.85;
/** Pixels of one picture of the board, and its longest side. */
const MAX_PIXELS = 16_000_000;
const MAX_SIDE = 8_192;
/** Pixels of all pages inside one SVG. */
const SVG_PIXELS = 60_000_000;
const PADDING = 24;
const LOOK = { exportBackground: true, viewBackgroundColor: "#ffffff", exportWithDarkMode: false };

/** The pages of one document, each with what lies over it. Rejects with `PdfTrouble`. */
export async function markedPdf(laid: Laid, ends: ExportEnds): Promise<Blob> {
  const pictures = await filesOf(ends, ends.elements.filter((one) => laid.pages.some((page) => overlap(page, one) > 0)));
  const pages: PictureOfPage[] = [];
  for (const page of laid.pages) {
    await goOn(ends, pages.length, laid.pages.length);
    pages.push(await markedPage(page, ends, pictures));
  }
  return new Blob(pdfOf(pages, laid.name), { type: "application/pdf" });
}

async function markedPage(page: Page, ends: ExportEnds, files: Files): Promise<PictureOfPage> {
  const { width, height } = await ends.size(page.file, page.number);
  const canvas = await ends.draw(page.file, page.number, Math.round(width * DOTS_PER_POINT));
  const over = await drawnOver(page, ends.elements, files, canvas);
  canvas.getContext("2d")?.drawImage(over, 0, 0, canvas.width, canvas.height);
  const jpeg = new Uint8Array(await (await blobOf(canvas, "image/jpeg")).arrayBuffer());
  const picture = { jpeg, pixelWidth: canvas.width, pixelHeight: canvas.height, width, height };
  free(canvas);
  free(over);
  return picture;
}

/** What was drawn where the page lies, in its size and without the page itself. */
async function drawnOver(page: Page, elements: readonly Piece[], files: Files, size: PageSize): Promise<HTMLCanvasElement> {
  const drawn = elements.filter((one) => one.type !== "frame" && readKey(one.fileId) === null);
  const over = drawable(drawn.filter((one) => touches(page, one)));
  // Excalidraw leaves out what belongs to another frame than the one it is asked for.
  for (const one of over) Object.assign(one, { frameId: null });
  return await exportToCanvas({
    elements: over,
    files,
    appState: { ...LOOK, exportBackground: false, viewBackgroundColor: "transparent" },
    exportingFrame: drawable([{ ...page, type: "frame", name: "", angle: 0 }])[0] as never,
    getDimensions: () => ({ width: size.width, height: size.height, scale: size.width / page.width }),
  });
}

/** The board as one picture, as sharp as fits into it. */
export async function boardPng(ends: ExportEnds): Promise<Blob> {
  const box = boundsOf(ends.elements);
  const scale = pngScale(box);
  const files = await filesOf(ends, ends.elements, scale);
  const canvas = await exportToCanvas({
    elements: drawable(ends.elements),
    files,
    appState: LOOK,
    exportPadding: PADDING,
    getDimensions: (width: number, height: number) => ({ width: width * scale, height: height * scale, scale }),
  });
  const blob = await blobOf(canvas, "image/png");
  free(canvas);
  return blob;
}

/** The board as lines and letters; pages and pictures are inside as pictures. */
export async function boardSvg(ends: ExportEnds): Promise<Blob> {
  const pages = ends.elements.filter(({ fileId }) => readKey(fileId) !== null);
  const units = pages.reduce((sum, { width, height }) => sum + width * height, 1);
  const files = await filesOf(ends, ends.elements, Math.min(2, Math.sqrt(SVG_PIXELS / units)));
  // Inlining fonts would take `eval`, and exportToSvg knows no other way.
  const svg = await exportToSvg({ elements: drawable(ends.elements), files, appState: LOOK, exportPadding: PADDING, skipInliningFonts: true });
  return new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
}

export function pngScale({ width, height }: { width: number; height: number }): number {
  const [wide, high] = [width + 2 * PADDING, height + 2 * PADDING];
  return Math.min(2, MAX_SIDE / Math.max(wide, high), Math.sqrt(MAX_PIXELS / (wide * high)));
}

export function boundsOf(pieces: readonly Box[]): Box {
  const [x, y] = [Math.min(...pieces.map((one) => one.x)), Math.min(...pieces.map((one) => one.y))];
  const right = Math.max(...pieces.map((one) => one.x + one.width));
  return { x, y, width: right - x, height: Math.max(...pieces.map((one) => one.y + one.height)) - y };
}

/** The pixels of pictures, and of pages where `pageScale` says how sharp; broken ones are left out. */
async function filesOf(ends: ExportEnds, elements: readonly Piece[], pageScale?: number): Promise<Files> {
  const files: Record<string, { id: string; mimeType: string; dataURL: string; created: number }> = {};
  const wanted = elements.filter(({ type, fileId }) => type === "image" && typeof fileId === "string");
  for (const [at, { fileId, width }] of wanted.entries()) {
    const id = fileId as string;
    const page = readKey(id);
    if (id in files || (page !== null && pageScale === undefined)) continue;
    await goOn(ends, at, wanted.length);
    try {
      const blob = page === null ? await ends.picture(id) : await pageBlob(ends, page, Math.ceil(width * (pageScale ?? 1)));
      files[id] = { id, mimeType: blob.type, dataURL: await dataUrl(blob), created: 1 };
    } catch (error) {
      if (ends.signal?.aborted === true) throw error;
    }
  }
  return files as unknown as Files;
}

async function pageBlob(ends: ExportEnds, { file, number }: { file: string; number: number }, width: number): Promise<Blob> {
  const canvas = await ends.draw(file, number, width);
  const blob = await blobOf(canvas, "image/jpeg");
  free(canvas);
  return blob;
}

/** Between two pages: others get their turn, and one may have thought better of it. */
async function goOn({ progress, signal }: ExportEnds, done: number, of: number): Promise<void> {
  progress?.(done, of);
  await new Promise((next) => setTimeout(next));
  if (signal?.aborted === true) throw new PdfTrouble("gone");
}

/** Copies, because Excalidraw writes into what it is given. */
function drawable(pieces: readonly object[]): Given["elements"] {
  return structuredClone(pieces) as Given["elements"];
}

/** With a margin: a line's box is the one between its points, whatever its width. */
function touches(page: Box, { x, y, width, height }: Box): boolean {
  return overlap(page, { x: x - 10, y: y - 10, width: Math.abs(width) + 20, height: Math.abs(height) + 20 }) > 0;
}

async function blobOf(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, type, QUALITY));
  if (blob === null) throw new PdfTrouble("slow");
  return blob;
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(reader.result as string));
    reader.addEventListener("error", () => failed(reader.error));
    reader.readAsDataURL(blob);
  });
}
