/** Small pictures of pictures, made here. What comes from others is measured before it is decoded. It does
 * not know how they are shown. */
import { bare } from "./metadata";
import { isPicture } from "./preparing";
import type { SharedFile } from "./ledger";

/** More is not fetched just to be looked at in passing. */
const MOST_BYTES = 10 << 20;
/** Text beyond that is for a program of one's own. */
export const MOST_TEXT = 200_000;

/** Can be shown in the page: as pixels, or as plain text. */
export function isViewable({ type }: Pick<SharedFile, "type">): boolean {
  return isPicture(type) || type === "text/plain";
}

/** A little picture is worth fetching it. */
export function isPreviewed({ type, size, verdict }: SharedFile): boolean {
  return isPicture(type) && size <= MOST_BYTES && verdict !== "infected" && verdict !== "pending";
}

/** At most `edge` pixels in both directions; null where it cannot be decoded. Throws `FileRefused`. */
export async function thumbnail(blob: Blob, edge: number): Promise<ImageBitmap | null> {
  const { width, height } = await measured(blob);
  const scale = Math.min(1, edge / Math.max(width, height));
  const size = { resizeWidth: Math.max(1, Math.round(width * scale)), resizeHeight: Math.max(1, Math.round(height * scale)) };
  return createImageBitmap(blob, { ...size, resizeQuality: "medium" }).catch(() => null);
}

/** Of a picture as it is shown. Throws `FileRefused` for one that is too large to decode, or none. */
export async function measured(blob: Blob): Promise<{ width: number; height: number }> {
  if (!isPicture(blob.type)) return { width: 0, height: 0 };
  return bare(new Uint8Array(await blob.arrayBuffer()), blob.type);
}
