/** Lays the pages of a document on the board: one below the other, documents side by side. Pure.
 * Ids come from file and page, so that two who lay the same document lay the same elements. */
import type { Box, Piece } from "./pages";
import { pageKey } from "./pages";

/** Scene units; a unit is a CSS pixel at a zoom of 100 %. */
export const COLUMN = 800;
export const GAP = 48;
export const BESIDE = 160;
const TALLEST = 1_600;
const MAX_NAME = 120;

export interface PageSize {
  /** Points, as it is seen: turned if the page says so. */
  readonly width: number;
  readonly height: number;
}

export interface Laying {
  readonly file: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** The word "Page {page}" in the language of whoever lays it. */
  title(page: number): string;
  /** Versions of what lay there before and was taken away: the new one must win. */
  version(id: string): number;
  random(): number;
}

/** A page as it lies: as wide as the column, but never taller than two screens. */
export function boxOf(size: PageSize, x: number, y: number): Box {
  const scale = Math.min(COLUMN / size.width, TALLEST / size.height);
  const [width, height] = [Math.max(1, round(size.width * scale)), Math.max(1, round(size.height * scale))];
  return { x: round(x + (COLUMN - width) / 2), y: round(y), width, height };
}

/** Frame and image of page `number`. What Excalidraw wants beside it is filled in by the board. */
export function pageElements(laying: Laying, number: number, size: PageSize, y: number): Piece[] {
  const box = boxOf(size, laying.x, y);
  const [frame, image] = [`frame-${pageKey(laying.file, number)}`, `page-${pageKey(laying.file, number)}`];
  const name = `${laying.name.slice(0, MAX_NAME)} – ${laying.title(number)}`;
  return [
    { ...common(laying, image, 2 * number), ...box, type: "image", frameId: frame, fileId: pageKey(laying.file, number), status: "saved", scale: [1, 1], crop: null },
    { ...common(laying, frame, 2 * number + 1), ...box, type: "frame", frameId: null, name },
  ] as Piece[];
}

/** Where the next document goes: right of everything there is, at the top of it. */
export function freeSpot(pieces: readonly Piece[]): { x: number; y: number } {
  const there = pieces.filter(({ isDeleted }) => isDeleted !== true);
  if (there.length === 0) return { x: 0, y: 0 };
  const right = Math.max(...there.map(({ x, width }) => x + width));
  const pages = there.filter(({ type }) => type === "frame");
  const top = Math.min(...(pages.length > 0 ? pages : there).map(({ y }) => y));
  return { x: round(right + BESIDE), y: round(top) };
}

function common({ file, version, random }: Laying, id: string, place: number) {
  return {
    id,
    angle: 0,
    strokeColor: "#bbbbbb",
    backgroundColor: "transparent",
    fillStyle: "solid",
    strokeWidth: 2,
    strokeStyle: "solid",
    roughness: 0,
    opacity: 100,
    groupIds: [],
    roundness: null,
    seed: 1,
    version: version(id) + 1,
    versionNonce: Math.floor(random() * 2 ** 31),
    isDeleted: false,
    boundElements: null,
    link: null,
    locked: true,
    index: indexAt(file, place),
    updated: 1,
  };
}

/** A key of fractional indexing below all that is drawn: pages are the paper. Sixteen characters, as
 * its head "L" demands; from file and place, so that everybody finds the same and none is there twice. */
export function indexAt(file: string, place: number): string {
  return `L${digits(Number.parseInt(file.slice(0, 12), 16), 9)}${digits(place, 6)}`;
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function digits(number: number, count: number): string {
  let text = "";
  for (let rest = number; text.length < count; rest = Math.floor(rest / 62)) text = (DIGITS[rest % 62] ?? "0") + text;
  return text;
}

/** As the scene rounds: what is sent comes back as it was. */
function round(length: number): number {
  return Math.round(length * 100) / 100;
}
