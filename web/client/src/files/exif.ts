/** Which way up a picture is, as cameras note it (Exif 2.32, 4.6): read it, and write it and nothing else. */
import type { Bytes } from "../sessions/envelope";

const ORIENTATION = 0x0112;

/** 1 to 8, or null where it is not said. Takes the TIFF part. */
export function orientationIn(tiff: Bytes): number | null {
  if (tiff.length < 8) return null;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = view.getUint16(0) === 0x4949;
  const at = view.getUint32(4, little);
  if (at + 2 > tiff.length) return null;
  const count = Math.min(view.getUint16(at, little), Math.floor((tiff.length - at - 2) / 12));
  for (let entry = 0; entry < count; entry += 1) {
    const row = at + 2 + entry * 12;
    if (view.getUint16(row, little) !== ORIENTATION) continue;
    const value = view.getUint16(row + 8, little);
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}

/** A TIFF part that says which way up, and nothing else. */
export function exifOf(orientation: number): Bytes {
  const tiff = new Uint8Array(26);
  const view = new DataView(tiff.buffer);
  view.setUint16(0, 0x4d4d);
  view.setUint16(2, 42);
  view.setUint32(4, 8);
  view.setUint16(8, 1);
  view.setUint16(10, ORIENTATION);
  view.setUint16(12, 3); // SHORT
  view.setUint32(14, 1);
  view.setUint16(18, orientation);
  return tiff;
}
