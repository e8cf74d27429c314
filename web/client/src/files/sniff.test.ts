/** B-095, B-097: only what does nothing by itself, by content and by name; each refusal has its reason. */
import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sniff, sniffNamed } from "./sniff";

type Parts = Record<string, string>;
const MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
const SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
const WORD: Parts = { "[Content_Types].xml": `<Types><Override ContentType="${MAIN}"/></Types>`, "word/document.xml": "<w/>" };
const EXCEL: Parts = { "[Content_Types].xml": `<Types><Override ContentType="${SHEET}"/></Types>`, "xl/workbook.xml": "<x/>" };

/** Packed as an archive; `said` is what its list claims of the first part's size. */
function zip(parts: Parts, { flags = 0, said }: { flags?: number; said?: number } = {}): Buffer {
  const bodies: Buffer[] = [];
  const rows: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const packed = deflateRawSync(Buffer.from(text));
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50);
    head.writeUInt16LE(8, 8);
    head.writeUInt16LE(name.length, 26);
    const row = Buffer.alloc(46);
    row.writeUInt32LE(0x02014b50);
    row.writeUInt16LE(flags, 8);
    row.writeUInt16LE(8, 10);
    row.writeUInt32LE(packed.length, 20);
    row.writeUInt32LE(said ?? text.length, 24);
    row.writeUInt16LE(name.length, 28);
    row.writeUInt32LE(at, 42);
    bodies.push(head, Buffer.from(name), packed);
    rows.push(row, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const list = Buffer.concat(rows);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(rows.length / 2, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, list, end]);
}

const PDF = "%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n";
const blob = (content: string | Buffer) =>
  new Blob([typeof content === "string" ? Uint8Array.from(content, (letter) => letter.codePointAt(0)!) : new Uint8Array(content)]);

test.each<[string, string | Buffer, string]>([
  ["Police.pdf", PDF, "application/pdf"],
  ["Police", PDF, "application/pdf"],
  ["foto.JPG", "\xff\xd8\xff\xe0", "image/jpeg"],
  ["a.png", "\x89PNG\r\n\x1a\n", "image/png"],
  ["a.webp", "RIFF\0\0\0\0WEBP", "image/webp"],
  ["notiz.txt", "Größe < Preis\r\n\tund <b> mehr", "text/plain"],
  ["alt.txt", "M\xfcller & S\xf6hne", "text/plain"],
  ["a.docx", zip(WORD), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["a.xlsx", zip(EXCEL), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
])("%s is taken", async (name, content, type) => {
  expect(await sniffNamed(blob(content), name)).toBe(type);
  expect(await sniff(blob(content))).toBe(type);
});

const types = (type: string) => ({ ...WORD, "[Content_Types].xml": `<Types>${MAIN} ${type}</Types>` });
const rels = '<Relationship Type=".../attachedTemplate" Target="https://x/y.dotm" TargetMode="External"/>';

test.each<[string, string | Buffer, string]>([
  ["leer.txt", "", "empty"],
  ["a.exe", "MZ\x90", "program"],
  ["rechnung.pdf", "MZ\x90\0", "program"],
  ["rechnung.pdf.exe", PDF, "program"],
  ["rechnung.txt", "#!/bin/sh\nrm", "program"],
  ["a.pdf", "\x7fELF", "program"],
  ["a.txt", "L\0\0\0\x01\x14\x02\0", "program"],
  ["a.url", "[InternetShortcut]", "program"],
  ["a.zip", zip({ "a.txt": "x" }), "archive"],
  ["a.docx", zip({ "a.txt": "x" }), "archive"],
  ["a.pdf", "Rar!\x1a\x07", "archive"],
  ["a.txt", "7z\xbc\xaf\x27\x1c", "archive"],
  ["a.html", "<p>", "page"],
  ["a.svg", "<svg/>", "page"],
  ["a.pdf", "  <!DOCTYPE html><script>", "page"],
  ["a.txt", "\xef\xbb\xbf<svg onload=alert(1)>", "page"],
  ["a.txt", "<?xml version='1.0'?>", "page"],
  ["a.docm", zip(WORD), "macros"],
  ["a.docx", zip({ ...WORD, "word/vbaProject.bin": "x" }), "macros"],
  ["a.docx", zip(types("application/vnd.ms-word.document.macroEnabled.main+xml")), "macros"],
  ["a.docx", zip(types("application/vnd.ms-office.vbaProject")), "macros"],
  ["a.xlsx", zip({ ...EXCEL, "xl/macrosheets/sheet1.xml": "x" }), "macros"],
  ["a.docx", zip({ ...WORD, "word/_rels/settings.xml.rels": rels }), "template"],
  ["a.docx", zip(WORD, { flags: 1 }), "locked"],
  ["a.docx", zip(WORD, { said: 400_000_000 }), "archive"],
  ["a.docx", zip({ ...WORD, "[Content_Types].xml": " ".repeat(3 << 20) }), "archive"],
  ["a.docx", zip(WORD).subarray(0, 200), "damaged"],
  ["a.docx", zip(EXCEL), "mismatch"],
  ["a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old"],
  ["a.docx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old"],
  ["a.heic", "\0\0\0\x18ftypheic", "heic"],
  ["a.jpg", "\0\0\0\x18ftypheic", "heic"],
  ["a.mp4", "\0\0\0\x18ftypisom", "film"],
  ["a.gif", "GIF89a", "picture"],
  ["a.pdf", "GIF89a", "picture"],
  ["a.png", "\xff\xd8\xff\xe0", "mismatch"],
  ["a.pdf", "\x89PNG\r\n\x1a\n", "mismatch"],
  ["a.pdf", "%PDF-1.4 cut", "damaged"],
  ["a.csv", "a;b", "unknown"],
  ["a.txt", "a\0b", "unknown"],
  ["a.bin", "\x01\x02", "unknown"],
])("%s %j is refused: %s", async (name, content, code) => {
  await expect(sniffNamed(blob(content), name)).rejects.toMatchObject({ name: "FileRefused", code });
});

test("whatever is in it: a type or a reason, nothing else", async () => {
  const starts = fc.constantFrom("", "PK\x03\x04", "%PDF-", "\xff\xd8\xff", "PK\x05\x06");
  const any = fc.tuple(starts, fc.uint8Array({ maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(any, async ([start, rest]) => {
      const file = new Blob([await blob(start).arrayBuffer(), new Uint8Array(rest)]);
      const outcome = await sniff(file).catch((error: Error) => error.name);
      expect(outcome).toMatch(/^(?:FileRefused|[a-z]+\/[a-z.-]+)$/);
    }),
    { numRuns: 200 },
  );
});
