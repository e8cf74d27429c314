/** Which pages must be drawn, how sharp, and in which order. Pure. */
import { overlap, type Box, type Laid, type Page } from "./pages";

/** Pixels of one drawn page, so that every browser can: phones give up at 16.7 million. */
export const MAX_PIXELS = 16_000_000;
const MIN_WIDTH = 160;
/** Widths are steps apart, so that a little zooming draws nothing anew. */
const STEP = Math.SQRT2;

export interface Need {
  readonly page: Page;
  /** Device pixels. */
  readonly width: number;
  readonly seen: boolean;
}

/** What is seen, most of it first; then the page before and the page after. */
export function needs(documents: readonly Laid[], region: Box, pixelsPerUnit: number): Need[] {
  const seen: { page: Page; area: number }[] = [];
  const beside: Page[] = [];
  for (const { pages } of documents) {
    pages.forEach((page, at) => {
      const area = overlap(page, region);
      if (area > 0) seen.push({ page, area });
      else if ([pages[at - 1], pages[at + 1]].some((one) => one && overlap(one, region) > 0)) beside.push(page);
    });
  }
  const first = seen.sort((one, other) => other.area - one.area).map(({ page }) => page);
  return [
    ...first.map((page) => ({ page, width: pixelWidth(page, pixelsPerUnit), seen: true })),
    ...beside.map((page) => ({ page, width: pixelWidth(page, pixelsPerUnit), seen: false })),
  ];
}

/** How many pixels wide a page is drawn: at least what the screen shows, within the bound. */
export function pixelWidth(box: Box, pixelsPerUnit: number): number {
  const shown = Math.max(MIN_WIDTH, box.width * pixelsPerUnit);
  const stepped = MIN_WIDTH * STEP ** Math.ceil(Math.log(shown / MIN_WIDTH) / Math.log(STEP) - 1e-6);
  const most = Math.sqrt((MAX_PIXELS * box.width) / box.height);
  return Math.max(1, Math.floor(Math.min(stepped, most)));
}
