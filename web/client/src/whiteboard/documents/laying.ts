/** Puts a document on the board: its first page as soon as that is known, the others in batches.
 * It does not know how elements get onto the board. */
import { boxOf, freeSpot, GAP, pageElements, type PageSize } from "./layout";
import type { Box, Piece } from "./pages";
import { troubleOf } from "./trouble";

/** What is read of a document; `Documents` has it. */
export interface Sizes {
  pages(file: string): Promise<number>;
  size(file: string, number: number): Promise<PageSize>;
}

export interface LayEnds {
  sizes: Sizes;
  /** What is on the board now, with what was taken away. */
  pieces(): readonly (Piece & { readonly version: number })[];
  put(pieces: readonly Piece[]): void;
  title(page: number): string;
  random(): number;
  /** So many pages lie, of so many. */
  progress?(laid: number, of: number): void;
}

const BATCH = 10;
const A4: PageSize = { width: 595, height: 842 };

/** Where its first page lies. Rejects with `PdfTrouble` when not even that can be read; nothing lies
 * there then. A later page that cannot be read gets a sheet, and the sheet says so. */
export async function lay(file: string, name: string, ends: LayEnds, signal?: AbortSignal): Promise<Box> {
  const count = await ends.sizes.pages(file);
  const versions = new Map(ends.pieces().map(({ id, version }) => [id, version]));
  const spot = freeSpot(ends.pieces());
  const laying = { file, name, ...spot, title: ends.title, random: ends.random, version: (id: string) => versions.get(id) ?? 0 };
  const first = boxOf(await ends.sizes.size(file, 1), spot.x, spot.y);
  let y = spot.y;
  let batch: Piece[] = [];
  const stopped = () => signal?.aborted === true;
  for (let number = 1; number <= count && !stopped(); number += 1) {
    const size = number === 1 ? await ends.sizes.size(file, 1) : await sizeOf(ends.sizes, file, number);
    batch.push(...pageElements(laying, number, size, y));
    y += boxOf(size, spot.x, y).height + GAP;
    if (number > 1 && number < count && number % BATCH !== 0) continue;
    ends.put(batch);
    ends.progress?.(number, count);
    batch = [];
  }
  return first;
}

async function sizeOf(sizes: Sizes, file: string, number: number): Promise<PageSize> {
  try {
    return await sizes.size(file, number);
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.code === "unreachable" || trouble.code === "gone") throw trouble;
    return A4;
  }
}
