/** What a file is, by its content: a few kinds that do nothing by themselves, everything else refused
 * with a reason that helps. A name may not say otherwise. It does not know who sends it. */
import type { Bytes } from "../sessions/envelope";
import { expectPlainOffice } from "./office";
import { extensionOf } from "./names";
import { FileRefused } from "./refused";

export type FileType = keyof typeof TYPES;

/** Endings by type; the first is given to what has none. */
export const TYPES = {
  "application/pdf": ["pdf"],
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/png": ["png"],
  "image/webp": ["webp"],
  "text/plain": ["txt"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
} as const;

export const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
export const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/** For the browser's own dialogue. A phone then hands out its pictures as JPEG. */
export const ACCEPT = Object.entries(TYPES)
  .map(([type, endings]) => `${type},.${endings.join(",.")}`)
  .join(",");

const HEAD = 4_096;

/** Refused by name alone, whatever is inside: what a system runs, or unpacks, or shows as a page. */
const ENDINGS: readonly (readonly [string, RegExp])[] = [
  ["program", /^(?:exe|com|scr|pif|msi|msix|bat|cmd|ps1|psm1|vbs|vbe|js|jse|mjs|wsf|wsh|hta|lnk|url|jar|apk|app|dmg|deb|rpm|sh|bash|py|reg|dll|sys|cpl|inf|scf|iso|img|vhdx?|desktop|command|appref-ms|application|gadget|chm|hlp)$/],
  ["page", /^(?:html?|xhtml|xht|shtml|mht|mhtml|svgz?|xml|xsl|xslt|swf)$/],
  ["archive", /^(?:zip|rar|7z|tar|t?gz|bz2|xz|zst|cab|arj|z)$/],
  ["macros", /^(?:doc|xls|ppt|pot|xlt|xla)[mb]$|^xl(?:am|sb|tm)$|^one$/],
  ["old", /^(?:doc|xls|ppt|dot|xlt|pps|rtf|odt|ods|odp|pptx|ppsx|pages|numbers|key)$/],
  ["heic", /^(?:hei[cf]s?|avif)$/],
  ["picture", /^(?:gif|bmp|tiff?|ico|psd|raw|cr2|nef|dng|jxl|jp2|eps|ai)$/],
  ["film", /^(?:mp4|m4v|mov|avi|mkv|webm|mpe?g|wmv|mp3|m4a|wav|ogg|opus|flac|aac)$/],
  ["mail", /^(?:eml|msg|ics|vcf)$/],
];

/** What gives itself away at its beginning: reason, offset, bytes (Latin-1). */
const BEGINNINGS: readonly (readonly [string, number, string])[] = [
  ["program", 0, "MZ"],
  ["program", 0, "\x7fELF"],
  ["program", 0, "\xfe\xed\xfa"],
  ["program", 0, "\xcf\xfa\xed\xfe"],
  ["program", 0, "\xca\xfe\xba\xbe"],
  ["program", 0, "#!"],
  ["program", 0, "L\0\0\0\x01\x14\x02\0"],
  ["old", 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
  ["old", 0, "{\\rtf"],
  ["archive", 0, "Rar!\x1a\x07"],
  ["archive", 0, "7z\xbc\xaf\x27\x1c"],
  ["archive", 0, "\x1f\x8b"],
  ["archive", 0, "BZh"],
  ["archive", 0, "\xfd7zXZ\0"],
  ["archive", 0, "\x28\xb5\x2f\xfd"],
  ["archive", 0, "MSCF"],
  ["archive", 257, "ustar"],
  ["heic", 4, "ftyphei"],
  ["heic", 4, "ftyphev"],
  ["heic", 4, "ftypmif1"],
  ["heic", 4, "ftypmsf1"],
  ["heic", 4, "ftypavif"],
  ["film", 4, "ftyp"],
  ["film", 0, "\x1aE\xdf\xa3"],
  ["film", 0, "ID3"],
  ["film", 0, "OggS"],
  ["picture", 0, "GIF8"],
  ["picture", 0, "BM"],
  ["picture", 0, "II*\0"],
  ["picture", 0, "MM\0*"],
  ["macros", 0, "\xe4R\\{\x8c\xd8\xa7M"],
];

/** The type of a file that may be shared, and is called what it is. Throws `FileRefused`. */
export async function sniffNamed(file: Blob, name: string): Promise<FileType> {
  const ending = extensionOf(name);
  const why = ENDINGS.find(([, endings]) => endings.test(ending))?.[0];
  if (why !== undefined) throw new FileRefused(why);
  const type = await sniff(file);
  // No ending is no lie; a wrong one may be a trap.
  if (ending !== "" && !(TYPES[type] as readonly string[]).includes(ending)) {
    throw new FileRefused(type === "text/plain" ? "unknown" : "mismatch", { ending });
  }
  return type;
}

/** The type by content alone: what counts for everything that comes from somebody else. */
export async function sniff(file: Blob): Promise<FileType> {
  if (file.size === 0) throw new FileRefused("empty");
  const head = latin(await bytesOf(file.slice(0, HEAD)));
  if (head.startsWith("%PDF-")) return expectEnd(file, "application/pdf", "%%EOF", 2_048);
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) return "image/webp";
  if (head.startsWith("PK")) return (await expectPlainOffice(file)) === "word" ? DOCX : XLSX;
  for (const [why, at, bytes] of BEGINNINGS) if (head.startsWith(bytes, at)) throw new FileRefused(why);
  return expectText(file, head);
}

async function expectEnd(file: Blob, type: FileType, end: string, within: number): Promise<FileType> {
  if (latin(await bytesOf(file.slice(-within))).includes(end)) return type;
  throw new FileRefused("damaged");
}

/** Text has no control characters but a few; so no program is one. And it does not begin as a page does. */
async function expectText(file: Blob, head: string): Promise<FileType> {
  const start = head.replace(/^\xef\xbb\xbf/, "").trimStart().toLowerCase();
  if (/^<(?:!doctype|!--|\?xml|[a-z][a-z0-9:]*[\s/>])/.test(start)) throw new FileRefused("page");
  const STEP = 1 << 20;
  for (let at = 0; at < file.size; at += STEP) {
    const bytes = await bytesOf(file.slice(at, at + STEP));
    if (bytes.some((byte) => byte < 32 && (byte < 9 || byte === 11 || byte > 13) && byte !== 27)) {
      throw new FileRefused("unknown");
    }
  }
  return "text/plain";
}

async function bytesOf(blob: Blob): Promise<Bytes> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** Byte for byte: what browsers call Latin-1 is not. At most HEAD bytes. */
function latin(bytes: Bytes): string {
  return String.fromCodePoint(...bytes);
}
