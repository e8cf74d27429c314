/** What a picture tells beside itself (place, time, device, editing), taken out of JPEG, PNG and WebP
 * without touching the pixels; which way up stays. Measures it on the way. It does not decode. */
import { type Bytes, join } from "../sessions/envelope";
import { exifOf, orientationIn } from "./exif";
import { FileRefused } from "./refused";

export type PictureType = "image/jpeg" | "image/png" | "image/webp";

export interface Bare {
  readonly bytes: Bytes;
  /** As it is shown, that is turned the right way up. */
  readonly width: number;
  readonly height: number;
  /** Something was taken out. */
  readonly told: boolean;
}

/** More would freeze a telephone: refused before anybody decodes it. */
export const MOST_PIXELS = 40_000_000;
/** A profile says how colours are meant; a large one says something else. */
const MOST_PROFILE = 1 << 20;

/** The picture without what it tells. Throws `FileRefused`: damaged, pixels. */
export function bare(bytes: Bytes, type: PictureType): Bare {
  const { pieces, width, height, orientation } = guarded(() => STRIP[type](bytes));
  if (width === 0 || height === 0) throw new FileRefused("damaged");
  if (width * height > MOST_PIXELS) throw new FileRefused("pixels", { megapixels: MOST_PIXELS / 1e6 });
  const whole = join(...pieces);
  const turned = orientation > 4;
  return {
    bytes: whole,
    width: turned ? height : width,
    height: turned ? width : height,
    told: whole.length !== bytes.length || whole.some((byte, at) => byte !== bytes[at]),
  };
}

interface Stripped {
  readonly pieces: readonly Bytes[];
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
}

const STRIP: Record<PictureType, (bytes: Bytes) => Stripped> = {
  "image/jpeg": jpeg,
  "image/png": png,
  "image/webp": webp,
};

/** Reading beyond the end means that the end is missing. */
function guarded(strip: () => Stripped): Stripped {
  try {
    return strip();
  } catch (error) {
    throw error instanceof RangeError ? new FileRefused("damaged") : error;
  }
}

// -- JPEG (ITU T.81, annex B): segments, then compressed data up to the next marker

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const KEPT = new Set([0xc4, 0xdb, 0xdd, 0xcc, 0xdc]); // tables of numbers
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);

function jpeg(bytes: Bytes): Stripped {
  const view = viewOf(bytes);
  const pieces: Bytes[] = [bytes.subarray(0, 2)];
  let [width, height, orientation] = [0, 0, 1];
  let exifPlace = 1;
  let profile = 0;
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) throw new FileRefused("damaged");
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // filling
      continue;
    }
    if (marker === EOI) break;
    if (marker === SOI || marker < 0xc0) throw new FileRefused("damaged");
    const size = view.getUint16(at + 2);
    if (at + 2 + size > bytes.length) throw new FileRefused("damaged");
    const segment = bytes.subarray(at, at + 2 + size);
    const from = at;
    at += 2 + size;
    if (FRAMES.has(marker)) {
      height = view.getUint16(from + 5);
      width = view.getUint16(from + 7);
      pieces.push(segment);
    } else if (marker === SOS) {
      const end = scanEnd(bytes, at);
      pieces.push(segment, bytes.subarray(at, end));
      at = end;
    } else if (KEPT.has(marker) || isAdobe(segment)) {
      pieces.push(segment);
    } else if (begins(segment, 4, "JFIF\0")) {
      // Without the little picture that it may carry along.
      pieces.push(join(Uint8Array.of(0xff, 0xe0, 0, 16), segment.subarray(4, 16), Uint8Array.of(0, 0)));
      exifPlace = pieces.length;
    } else if (marker === 0xe2 && begins(segment, 4, "ICC_PROFILE\0")) {
      profile += segment.length;
      if (profile <= MOST_PROFILE) pieces.push(segment);
    } else if (marker === 0xe1 && begins(segment, 4, "Exif\0\0")) {
      orientation = orientationIn(segment.subarray(10)) ?? orientation;
    }
  }
  if (orientation !== 1) {
    const exif = exifOf(orientation);
    const size = exif.length + 8;
    pieces.splice(exifPlace, 0, join(Uint8Array.of(0xff, 0xe1, size >> 8, size & 255), encoded("Exif\0\0"), exif));
  }
  pieces.push(Uint8Array.of(0xff, EOI));
  return { pieces, width, height, orientation };
}

/** Compressed data ends at a marker that is neither an escaped byte nor a restart. */
function scanEnd(bytes: Bytes, from: number): number {
  for (let at = from; ; at += 1) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw new FileRefused("damaged");
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
}

function isAdobe(segment: Bytes): boolean {
  return segment[1] === 0xee && begins(segment, 4, "Adobe") && segment.length === 16;
}

// -- PNG (https://www.w3.org/TR/png-3/, 5 and 11): chunks with a checksum each

const PNG_KEPT = new Set(["IHDR", "PLTE", "IDAT", "tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "bKGD", "pHYs", "cICP"]);

function png(bytes: Bytes): Stripped {
  const view = viewOf(bytes);
  const pieces: Bytes[] = [bytes.subarray(0, 8)];
  let orientation = 1;
  let [width, height] = [0, 0];
  for (let at = 8; ; ) {
    const size = view.getUint32(at);
    const name = ascii(bytes.subarray(at + 4, at + 8));
    if (at + 12 + size > bytes.length) throw new FileRefused("damaged");
    const chunk = bytes.subarray(at, at + 12 + size);
    if ((at === 8) !== (name === "IHDR")) throw new FileRefused("damaged");
    if (name === "IHDR") [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
    if (name === "eXIf") orientation = orientationIn(chunk.subarray(8, 8 + size)) ?? orientation;
    if (PNG_KEPT.has(name) || (name === "iCCP" && size <= MOST_PROFILE)) pieces.push(chunk);
    at += 12 + size;
    if (name === "IEND") {
      if (orientation !== 1) pieces.push(pngChunk("eXIf", exifOf(orientation)));
      pieces.push(pngChunk("IEND", new Uint8Array(0)));
      return { pieces, width, height, orientation };
    }
  }
}

function pngChunk(name: string, data: Bytes): Bytes {
  const body = join(encoded(name), data);
  const chunk = new Uint8Array(12 + data.length);
  const view = viewOf(chunk);
  view.setUint32(0, data.length);
  chunk.set(body, 4);
  view.setUint32(8 + data.length, crc32(body));
  return chunk;
}

function crc32(bytes: Bytes): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// -- WebP (RFC 9649): RIFF chunks, padded to even lengths

const WEBP_KEPT = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF"]);
const HAS_PROFILE = 0x20;
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;

function webp(bytes: Bytes): Stripped {
  const view = viewOf(bytes);
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length + 1) throw new FileRefused("damaged");
  let orientation = 1;
  let extended: Bytes | null = null;
  let [width, height] = [0, 0];
  const pieces: Bytes[] = [];
  for (let at = 12; at + 8 <= end; ) {
    const name = ascii(bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    if (at + 8 + size > bytes.length) throw new FileRefused("damaged");
    const padded = 8 + size + (size & 1);
    const chunk = bytes.slice(at, at + padded);
    if (name === "VP8X") {
      extended = chunk;
      [width, height] = [1 + uint24(view, at + 12), 1 + uint24(view, at + 15)];
    } else if (width === 0 && name === "VP8 ") {
      [width, height] = [view.getUint16(at + 14, true) & 0x3fff, view.getUint16(at + 16, true) & 0x3fff];
    } else if (width === 0 && name === "VP8L") {
      const bits = view.getUint32(at + 9, true);
      [width, height] = [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
    }
    if (name === "EXIF") {
      const data = chunk.subarray(8, 8 + size);
      orientation = orientationIn(begins(data, 0, "Exif\0\0") ? data.subarray(6) : data) ?? orientation;
    }
    const profile = name === "ICCP" && size <= MOST_PROFILE;
    if (WEBP_KEPT.has(name) || profile) pieces.push(chunk);
    at += padded;
  }
  if (extended !== null) {
    if (orientation !== 1) pieces.push(riff("EXIF", exifOf(orientation)));
    const profile = pieces.some((piece) => begins(piece, 0, "ICCP")) ? HAS_PROFILE : 0;
    const kept = (extended[8] ?? 0) & ~(HAS_PROFILE | HAS_EXIF | HAS_XMP);
    extended[8] = kept | profile | (orientation === 1 ? 0 : HAS_EXIF);
  }
  const front = new Uint8Array(12);
  front.set(encoded("RIFF"));
  front.set(encoded("WEBP"), 8);
  viewOf(front).setUint32(4, 4 + pieces.reduce((sum, piece) => sum + piece.length, 0), true);
  return { pieces: [front, ...pieces], width, height, orientation };
}

function riff(name: string, data: Bytes): Bytes {
  const chunk = new Uint8Array(8 + data.length + (data.length & 1));
  chunk.set(encoded(name));
  viewOf(chunk).setUint32(4, data.length, true);
  chunk.set(data, 8);
  return chunk;
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function begins(bytes: Bytes, at: number, text: string): boolean {
  return ascii(bytes.subarray(at, at + text.length)) === text;
}

function ascii(bytes: Bytes): string {
  return String.fromCodePoint(...bytes);
}

function encoded(text: string): Bytes {
  return new TextEncoder().encode(text);
}
