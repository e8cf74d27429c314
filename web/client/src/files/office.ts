/** Word and Excel files: packed XML, of which we take those that do nothing by themselves. Looks at the
 * list of parts and at the two that decide it; nothing else is unpacked. */
import type { Bytes } from "../sessions/envelope";
import { FileRefused } from "./refused";

interface Part {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly bytes: number;
  /** Where its own header is. */
  readonly at: number;
}

const MOST_PARTS = 5_000;
const MOST_BYTES = 500 << 20;
const MOST_TEXT = 2 << 20;
const LIST_END = 0x06054b50;
const LIST_ENTRY = 0x02014b50;
const PART = 0x04034b50;

const MAIN = {
  word: "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
  excel: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
} as const;
const ACTIVE = /vbaproject|vbadata|macrosheet|activex|(?:^|\/)oleobject[^/]*\.bin$|\.(?:exe|dll|js|vbs|scr|bat|cmd|ps1|lnk|hta|jar|html?|svg)$/i;
const ACTIVE_TYPE = /vbaproject|macroenabled|activex|macrosheet/i;

/** Which of the two. Throws `FileRefused`: archive, macros, template, damaged. */
export async function expectPlainOffice(file: Blob): Promise<"word" | "excel"> {
  const parts = await list(file);
  const types = parts.find(({ name }) => name === "[Content_Types].xml");
  if (types === undefined) throw new FileRefused("archive");
  const said = await text(file, types);
  const kind = said.includes(MAIN.word) ? "word" : said.includes(MAIN.excel) ? "excel" : null;
  if (ACTIVE_TYPE.test(said) || parts.some(({ name }) => ACTIVE.test(name))) throw new FileRefused("macros");
  if (kind === null) throw new FileRefused("archive");
  const main = kind === "word" ? "word/document.xml" : "xl/workbook.xml";
  if (!parts.some(({ name }) => name === main)) throw new FileRefused("damaged");
  await expectNoTemplate(file, parts);
  return kind;
}

/** A template fetched from elsewhere brings its own macros along. */
async function expectNoTemplate(file: Blob, parts: readonly Part[]): Promise<void> {
  const settings = parts.find(({ name }) => name.toLowerCase() === "word/_rels/settings.xml.rels");
  if (settings === undefined) return;
  const rels = await text(file, settings);
  if (/attachedTemplate/i.test(rels) && /TargetMode\s*=\s*["']External/i.test(rels)) throw new FileRefused("template");
}

/** The list at the end of the file (APPNOTE 4.3.12, 4.3.16). Checked before anything is unpacked. */
async function list(file: Blob): Promise<Part[]> {
  const tail = await view(file, Math.max(0, file.size - 65_557), file.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== LIST_END) end -= 1;
  if (end < 0) throw new FileRefused("damaged");
  const [count, size, at] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (count > MOST_PARTS || size > MOST_TEXT || at + size > file.size) throw new FileRefused("archive");
  const rows = await view(file, at, at + size);
  const parts: Part[] = [];
  let total = 0;
  for (let row = 0; parts.length < count; ) {
    if (row + 46 > rows.byteLength || rows.getUint32(row, true) !== LIST_ENTRY) throw new FileRefused("damaged");
    const [flags, nameBytes] = [rows.getUint16(row + 8, true), rows.getUint16(row + 28, true)];
    if (flags & 1) throw new FileRefused("locked");
    const name = new TextDecoder().decode(rows.buffer.slice(row + 46, row + 46 + nameBytes));
    const bytes = rows.getUint32(row + 24, true);
    parts.push({
      name,
      method: rows.getUint16(row + 10, true),
      packed: rows.getUint32(row + 20, true),
      bytes,
      at: rows.getUint32(row + 42, true),
    });
    total += bytes;
    row += 46 + nameBytes + rows.getUint16(row + 30, true) + rows.getUint16(row + 32, true);
  }
  if (total > MOST_BYTES) throw new FileRefused("archive");
  return parts;
}

/** One part, unpacked, as text; no more of it than is reasonable, whatever it says of itself. */
async function text(file: Blob, { at, method, packed }: Part): Promise<string> {
  const head = await view(file, at, at + 30);
  if (head.byteLength < 30 || head.getUint32(0, true) !== PART) throw new FileRefused("damaged");
  const from = at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const raw = file.slice(from, from + packed);
  if (method === 0) return new TextDecoder().decode(await raw.slice(0, MOST_TEXT).arrayBuffer());
  if (method !== 8) throw new FileRefused("damaged");
  return new TextDecoder().decode(await inflate(raw));
}

async function inflate(packed: Blob): Promise<Bytes> {
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MOST_TEXT) throw new FileRefused("archive");
      pieces.push(new Uint8Array(value));
    }
  } catch (error) {
    throw error instanceof FileRefused ? error : new FileRefused("damaged");
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

async function view(file: Blob, from: number, to: number): Promise<DataView<ArrayBuffer>> {
  return new DataView(await file.slice(from, to).arrayBuffer());
}
