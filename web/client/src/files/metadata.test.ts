/** OB-11: what a picture tells of its owner is gone, the pixels and which way up they are stay. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, join } from "../sessions/envelope";
import { exifOf, orientationIn } from "./exif";
import { bare, type PictureType } from "./metadata";

const SECRET = "48.1374N 11.5755E";
const latin = (text: string): Bytes => Uint8Array.from(text, (letter) => letter.codePointAt(0)!);
const text = (bytes: Bytes) => Buffer.from(bytes).toString("latin1");
const u16 = (n: number) => Uint8Array.of(n >> 8, n & 255);
const u32 = (n: number) => join(u16(n >>> 16), u16(n & 65535));
const little = (n: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n, true);
  return bytes;
};

/** A TIFF part as a camera writes it, little-endian where a phone of that make does. */
function exif(orientation: number, order: "II" | "MM" = "MM"): Bytes {
  if (order === "MM") return join(exifOf(orientation), latin(SECRET));
  const row = join(Uint8Array.of(0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0));
  return join(latin("II*\0"), little(8), Uint8Array.of(1, 0), row, little(0), latin(SECRET));
}

const segment = (marker: number, body: Bytes) => join(Uint8Array.of(0xff, marker), u16(body.length + 2), body);
const FRAME = segment(0xc0, join(Uint8Array.of(8), u16(30), u16(40), Uint8Array.of(1, 1, 0x11, 0)));
const SCAN = join(segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)), Uint8Array.of(1, 0xff, 0, 2, 0xff, 0xd3, 9));
const JFIF = segment(0xe0, latin("JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
const jpeg = (...more: Bytes[]) =>
  join(Uint8Array.of(0xff, 0xd8), JFIF, ...more, segment(0xdb, latin("table")), FRAME, SCAN, Uint8Array.of(0xff, 0xd9));

const chunk = (name: string, body: Bytes) => join(u32(body.length), latin(name), body, u32(0));
const IHDR = chunk("IHDR", join(u32(40), u32(30), Uint8Array.of(8, 2, 0, 0, 0)));
const png = (...more: Bytes[]) =>
  join(latin("\x89PNG\r\n\x1a\n"), IHDR, ...more, chunk("IDAT", latin("pixels")), chunk("IEND", latin("")));

const riff = (name: string, body: Bytes) => join(latin(name), little(body.length), body, new Uint8Array(body.length & 1));
const VP8X = (flags: number) => riff("VP8X", Uint8Array.of(flags, 0, 0, 0, 39, 0, 0, 29, 0, 0));
const webp = (flags: number, ...more: Bytes[]) => {
  const body = join(latin("WEBP"), VP8X(flags), riff("VP8 ", latin("pixels!")), ...more);
  return join(latin("RIFF"), little(body.length), body);
};

const XMP = latin(`http://ns.adobe.com/xap/1.0/\0${SECRET}`);
const tellers: Record<PictureType, (orientation: number) => Bytes> = {
  "image/jpeg": (orientation) =>
    join(
      jpeg(
        segment(0xe1, join(latin("Exif\0\0"), exif(orientation, "II"))),
        segment(0xe1, XMP),
        segment(0xed, latin(`Photoshop 3.0\0${SECRET}`)),
        segment(0xe2, latin(`MPF\0${SECRET}`)),
        segment(0xfe, latin(SECRET)),
      ),
      latin(`trailing film ${SECRET}`),
    ),
  "image/png": (orientation) =>
    join(
      png(chunk("tEXt", latin(SECRET)), chunk("iTXt", XMP), chunk("tIME", latin("1234567")), chunk("eXIf", exif(orientation))),
      latin(SECRET),
    ),
  "image/webp": (orientation) =>
    join(webp(0x0c, riff("EXIF", exif(orientation)), riff("XMP ", XMP), riff("UNKN", latin(SECRET))), latin(SECRET)),
};

describe.each(Object.entries(tellers) as [PictureType, (orientation: number) => Bytes][])("%s", (type, tell) => {
  test("tells nothing any more", () => {
    const told = tell(1);
    expect(text(told)).toContain(SECRET);
    const less = bare(told, type);
    expect(text(less.bytes)).not.toMatch(/48\.13|Exif|eXIf|EXIF|xap/);
    expect(less).toMatchObject({ width: 40, height: 30, told: true });
  });

  test("stays the right way up", () => {
    const { bytes, width, height } = bare(tell(6), type);
    expect([width, height]).toEqual([30, 40]);
    expect(text(bytes)).not.toContain("48.13");
    expect(bare(bytes, type)).toMatchObject({ width: 30, height: 40, told: false });
  });

  test("is left alone where it tells nothing", () => {
    const { bytes } = bare(tell(1), type);
    const again = bare(bytes, type);
    expect(again.told).toBe(false);
    expect(again.bytes).toEqual(bytes);
  });

  test("a damaged one is a damaged one, wherever it ends", () => {
    const whole = bare(tell(3), type).bytes;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const bent = whole.slice();
        bent[at] = value;
        for (const bytes of [bent, whole.slice(0, at)]) {
          expect(outcome(bytes, type)).toMatch(/^(?:taken|FileRefused)$/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function outcome(bytes: Bytes, type: PictureType): string {
  try {
    bare(bytes, type);
    return "taken";
  } catch (error) {
    return (error as Error).name;
  }
}

test("B-098: too many pixels are refused before anybody decodes them", () => {
  const huge = join(latin("\x89PNG\r\n\x1a\n"), chunk("IHDR", join(u32(65_535), u32(65_535), latin("12345"))), chunk("IEND", latin("")));
  expect(() => bare(huge, "image/png")).toThrow("pixels");
});

test("B-098: a colour profile stays, a huge one goes", () => {
  const small = jpeg(segment(0xe2, latin("ICC_PROFILE\0\x01\x01colours")));
  expect(text(bare(small, "image/jpeg").bytes)).toContain("colours");
  const part = segment(0xe2, join(latin("ICC_PROFILE\0"), new Uint8Array(65_000)));
  const large = jpeg(...Array.from({ length: 30 }, () => part));
  expect(bare(large, "image/jpeg").bytes.length).toBeLessThan(1 << 20);
});

test("the way up is read in either byte order", () => {
  for (let way = 1; way <= 8; way += 1) {
    expect(orientationIn(exif(way, "II"))).toBe(way);
    expect(orientationIn(exif(way, "MM"))).toBe(way);
  }
  expect(orientationIn(exif(9))).toBeNull();
  expect(orientationIn(latin("II*\0\xff\xff\xff\xff"))).toBeNull();
});
