/** Which pages are drawn, in which order, and what is held: over a PDF made up here. */
import { expect, test, vi } from "vitest";
import { Documents, type OpenPdf } from "./documents";
import type { Need } from "./need";
import { pageKey } from "./pages";
import { PdfTrouble, type Trouble } from "./trouble";

const FILE = "a".repeat(32);
const reader = { size: 1, range: async () => new Uint8Array() };

class MadeUp implements OpenPdf {
  readonly pages = 100;
  closed = false;
  readonly asked: string[] = [];
  readonly bad = new Map<number, Trouble>();
  async size() {
    return { width: 595, height: 842 };
  }
  async draw(): Promise<never> {
    throw new Error("nobody draws on what is shown");
  }
  async still(number: number, width: number) {
    this.asked.push(`${number}@${width}`);
    const trouble = this.bad.get(number);
    if (trouble !== undefined) {
      this.closed ||= trouble === "slow";
      throw new PdfTrouble(trouble);
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, width];
    return canvas;
  }
  close() {
    this.closed = true;
  }
}

function need(number: number, width = 100, file = FILE): Need {
  const key = pageKey(file, number);
  return { page: { file, number, key, id: key, x: 0, y: 0, width: 100, height: 100 }, width, seen: true };
}

function documentsOver(room?: number) {
  const opened: MadeUp[] = [];
  const bad = new Map<number, Trouble>();
  const open = async () => {
    const pdf = new MadeUp();
    for (const [number, trouble] of bad) pdf.bad.set(number, trouble);
    opened.push(pdf);
    return pdf;
  };
  const documents = new Documents({ reader: () => reader, open, ...(room === undefined ? {} : { room }) });
  return { documents, opened, bad };
}

test("pages are drawn as they are needed, sharper when needed, and never twice alike", async () => {
  const { documents, opened } = documentsOver();
  documents.need([need(2), need(3)]);
  documents.want([{ file: FILE, number: 1, width: 20 }]);
  await vi.waitUntil(() => documents.thumb(pageKey(FILE, 1)));
  documents.need([need(2, 200), need(3, 50)]);
  await vi.waitUntil(() => documents.drawn(pageKey(FILE, 2))?.width === 200);
  expect(opened.map(({ asked }) => asked)).toEqual([["2@100", "3@100", "1@20", "2@200"]]);
});

test("what is held is bounded, and given back at the end", async () => {
  const { documents, opened } = documentsOver(50_000);
  for (let number = 1; number <= 30; number += 1) {
    documents.need([need(number)]);
    await vi.waitUntil(() => documents.drawn(pageKey(FILE, number)));
    expect(documents.held.pixels).toBeLessThanOrEqual(50_000);
  }
  const last = documents.drawn(pageKey(FILE, 30));
  documents.close();
  await vi.waitUntil(() => opened[0]?.closed);
  expect([documents.held.pixels, last?.width]).toEqual([0, 0]);
});

test("and that bound is one of memory: 12 bytes a pixel with the browser's own copies, 256 MB", async () => {
  const { documents } = documentsOver();
  for (let number = 1; number <= 8; number += 1) {
    documents.need([need(number, 1_700)]);
    await vi.waitUntil(() => documents.drawn(pageKey(FILE, number)));
    expect(documents.held.pixels * 12).toBeLessThanOrEqual(256_000_000);
  }
  expect(documents.drawn(pageKey(FILE, 1))).toBeNull();
});

test("a page that is broken fails alone; one that is too slow costs the workers, thrice the document", async () => {
  const { documents, opened, bad } = documentsOver();
  for (const number of [2, 3, 4, 5]) bad.set(number, "slow");
  bad.set(1, "damaged");
  documents.need([1, 2, 6].map((number) => need(number)));
  await vi.waitUntil(() => documents.drawn(pageKey(FILE, 6)));
  expect([documents.trouble(FILE), documents.trouble(FILE, 1), documents.trouble(FILE, 2)]).toEqual([null, "damaged", "slow"]);
  expect(opened.length).toBe(2);
  documents.need([3, 4, 5, 7].map((number) => need(number)));
  await vi.waitUntil(() => documents.trouble(FILE));
  expect(documents.drawn(pageKey(FILE, 7))).toBeNull();
});

test("what does not come through is said, and tried again after a while", async () => {
  vi.useFakeTimers();
  const open = vi.fn<() => Promise<OpenPdf>>().mockRejectedValueOnce(new PdfTrouble("unreachable")).mockResolvedValue(new MadeUp());
  const documents = new Documents({ reader: () => reader, open });
  documents.need([need(1), need(2)]);
  await vi.waitUntil(() => documents.trouble(FILE) === "unreachable");
  expect(open).toHaveBeenCalledOnce();
  await vi.waitUntil(() => documents.drawn(pageKey(FILE, 2)), { timeout: 20_000 });
  vi.useRealTimers();
});

test("only a few documents stay open", async () => {
  const { documents, opened } = documentsOver();
  for (const one of ["a", "b", "c", "d"]) {
    const file = one.repeat(32);
    documents.need([need(1, 100, file)]);
    await vi.waitUntil(() => documents.drawn(pageKey(file, 1)));
  }
  await vi.waitUntil(() => opened[0]?.closed);
  expect([documents.held.open, opened.map(({ closed }) => closed)]).toEqual([3, [true, false, false, false]]);
});
