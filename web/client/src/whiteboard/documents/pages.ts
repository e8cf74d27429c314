/** Pages on the board, as its elements tell: a locked image whose file id names a document and one of
 * its pages, inside a locked frame that carries the name. Pure; knows neither pdf.js nor Excalidraw. */

/** What is needed of an element here; the board's elements have it. */
export interface Piece {
  readonly id: string;
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isDeleted?: boolean;
  readonly fileId?: unknown;
  readonly frameId?: string | null;
  readonly name?: string | null | undefined;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A page of a document where it lies on the board. */
export interface Page extends Box {
  readonly key: string;
  readonly file: string;
  readonly number: number;
  readonly id: string;
}

export interface Laid {
  readonly file: string;
  readonly name: string;
  readonly pages: readonly Page[];
}

export const MAX_PAGES = 200;
const PAGE = /^([0-9a-f]{32})-([1-9]\d{0,2})$/;
const TITLE = /^(.*) – (?:Seite|Page) \d+$/;

export function pageKey(file: string, number: number): string {
  return `${file}-${number}`;
}

/** The document and the page that a file id names; null if it names a picture or nothing. */
export function readKey(fileId: unknown): { file: string; number: number } | null {
  const match = typeof fileId === "string" ? PAGE.exec(fileId) : null;
  const [, file, digits] = match ?? [];
  const number = Number(digits);
  return file === undefined || number > MAX_PAGES ? null : { file, number };
}

/** The documents on the board, from left to right, each with its pages in order. */
export function documentsOn(pieces: readonly Piece[]): Laid[] {
  const names = new Map(pieces.filter(({ type }) => type === "frame").map(({ id, name }) => [id, name ?? ""]));
  const keys = new Set<string>();
  const found = new Map<string, { name: string; pages: Page[] }>();
  for (const piece of pieces) {
    const read = piece.type === "image" && piece.isDeleted !== true ? readKey(piece.fileId) : null;
    if (read === null) continue;
    const { x, y, width, height, id } = piece;
    const laid = found.get(read.file) ?? { name: documentName(names.get(piece.frameId ?? "") ?? ""), pages: [] };
    // The same page a second time is nobody's doing by our means; a thousand would be hard to draw.
    const key = pageKey(read.file, read.number);
    if (keys.has(key)) continue;
    keys.add(key);
    laid.pages.push({ ...read, key, x, y, width, height, id });
    found.set(read.file, laid);
  }
  return [...found]
    .map(([file, { name, pages }]) => ({ file, name, pages: pages.sort((one, other) => one.number - other.number) }))
    .sort((one, other) => left(one) - left(other));
}

/** The page that most of the region shows; of several the first. Null if it shows none. */
export function pageIn(documents: readonly Laid[], region: Box): Page | null {
  let best: Page | null = null;
  let most = 0;
  for (const page of documents.flatMap(({ pages }) => pages)) {
    const area = overlap(page, region);
    if (area > most) [best, most] = [page, area];
  }
  return best;
}

/** The page `by` steps further in the same document; at its end the last one. */
export function pageFrom(documents: readonly Laid[], from: Page, by: number): Page {
  const pages = documents.find(({ file }) => file === from.file)?.pages ?? [];
  const at = pages.findIndex(({ id }) => id === from.id);
  return pages[Math.min(pages.length - 1, Math.max(0, at + by))] ?? from;
}

export function overlap(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return width > 0 && height > 0 ? width * height : 0;
}

function left({ pages }: Laid): number {
  return Math.min(...pages.map(({ x }) => x));
}

function documentName(title: string): string {
  return TITLE.exec(title)?.[1] ?? title;
}
