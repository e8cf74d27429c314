/** One PDF, read and drawn by pdf.js in two workers of its own that can be ended at any time.
 * Nothing in it runs or leads anywhere: no scripts, no XFA, no links; only what is to be seen is
 * drawn. It does not know the board, nor where the bytes come from.
 *
 * pdf.js 6 has no eval at all. Our policy forbids WebAssembly, so its decoders run as JavaScript. */
import {
  AnnotationMode,
  getDocument,
  GlobalWorkerOptions,
  PDFWorker,
  VerbosityLevel,
  type PDFDocumentLoadingTask,
  type PDFDocumentProxy,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import type { PageSize } from "./layout";
import { MAX_PIXELS } from "./need";
import { MAX_PAGES } from "./pages";
import { Ranges, type Reader } from "./ranges";
import { PdfTrouble, troubleOf, within } from "./trouble";

export const LIMIT_MS = 10_000;
/** Below this the whole file is one request; above, it is read by pieces of RANGE_BYTES. */
const WHOLE_BYTES = 512 * 1024;
const RANGE_BYTES = 64 * 1024;
/** Pixels of one picture inside a page: an A4 page scanned at 600 dpi has 35 million. */
const MAX_IMAGE_PIXELS = 50_000_000;
const MAX_SIDE = 16_384;

declare const PDFJS_PARTS: string;
/** Where pdfjsParts.ts has put what pdf.js needs. */
const PARTS = new URL(import.meta.env.BASE_URL + PDFJS_PARTS, document.baseURI).href;

/** Two workers that have their code and no document yet. */
let spare: readonly Worker[] | null = null;

/** Have ready what the first document will need: fetching and reading it takes half a second. */
export function warm(): void {
  if (spare !== null) return;
  const workers = workersBegun();
  spare = workers;
  for (const worker of workers) worker.addEventListener("error", () => spare === workers && cool());
}

/** What was not needed ends. */
export function cool(): void {
  spare?.forEach((worker) => worker.terminate());
  spare = null;
}

function workersBegun(): Worker[] {
  return ["worker", "renderer"].map((name) => new Worker(`${PARTS}legacy/build/pdf.${name}.min.mjs`, { type: "module" }));
}

export class Pdf {
  readonly #workers: readonly Worker[];
  readonly #task: PDFDocumentLoadingTask;
  readonly #document: PDFDocumentProxy;
  /** Rejects when the workers fail or are ended: they answer nothing more then. */
  readonly #failed: Promise<never>;
  readonly #fail: (trouble: PdfTrouble) => void;
  #closed = false;

  private constructor(workers: readonly Worker[], task: PDFDocumentLoadingTask, document: PDFDocumentProxy, failed: Promise<never>, fail: (trouble: PdfTrouble) => void) {
    this.#workers = workers;
    this.#task = task;
    this.#document = document;
    this.#failed = failed;
    this.#fail = fail;
  }

  /** Rejects with `PdfTrouble`. Nothing is left running then. */
  static async open(reader: Reader, limitMs = LIMIT_MS): Promise<Pdf> {
    const workers = spare ?? workersBegun();
    spare = null;
    const end = () => workers.forEach((worker) => worker.terminate());
    let fail: (trouble: PdfTrouble) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    failed.catch(() => undefined);
    for (const worker of workers) worker.addEventListener("error", () => fail(new PdfTrouble("damaged")));
    try {
      const source = await within(limitMs, sourceOf(reader, fail), end);
      const task = start(source, workers);
      const pdf = await within(limitMs, Promise.race([task.promise, failed]), end);
      if (pdf.numPages > MAX_PAGES) throw new PdfTrouble("pages");
      if (pdf.numPages < 1) throw new PdfTrouble("damaged");
      return new Pdf(workers, task, pdf, failed, fail);
    } catch (error) {
      end();
      throw troubleOf(error);
    }
  }

  get pages(): number {
    return this.#document.numPages;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The size of page `number`, from 1. Rejects with `PdfTrouble`. */
  async size(number: number): Promise<PageSize> {
    return await this.#limited(async () => {
      const page = await this.#document.getPage(number);
      const { width, height } = page.getViewport({ scale: 1 });
      if (!(width >= 1 && height >= 1 && width < 1e6 && height < 1e6)) throw new PdfTrouble("damaged");
      return { width, height };
    });
  }

  /** Page `number`, about `width` pixels wide. Rejects with `PdfTrouble`; after "slow" it is closed. */
  async draw(number: number, width: number): Promise<HTMLCanvasElement> {
    return await this.#limited(async () => {
      const page = await this.#document.getPage(number);
      const viewport = page.getViewport({ scale: scaleFor(page.getViewport({ scale: 1 }), width) });
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [Math.max(1, Math.floor(viewport.width)), Math.max(1, Math.floor(viewport.height))];
      // What was filled into a form is an annotation: it is drawn, but nothing of it can be pressed.
      await page.render({ canvas, viewport, background: "#ffffff", annotationMode: AnnotationMode.ENABLE }).promise;
      page.cleanup();
      return canvas;
    });
  }

  /** The same, only to be looked at: in half of the memory, because the browser need not keep what it was
   * drawn from, nor a second copy for the next stroke. */
  async still(number: number, width: number): Promise<HTMLCanvasElement> {
    const drawn = await this.draw(number, width);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [drawn.width, drawn.height];
    canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(await createImageBitmap(drawn));
    [drawn.width, drawn.height] = [0, 0];
    return canvas;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const worker of this.#workers) worker.terminate();
    this.#fail(new PdfTrouble("gone"));
    // It waits for workers that are gone already: nobody waits for it.
    void this.#task.destroy().catch(() => undefined);
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new PdfTrouble("gone");
    const doing = work();
    doing.catch(() => undefined);
    try {
      return await within(LIMIT_MS, Promise.race([doing, this.#failed]), () => this.close());
    } catch (error) {
      throw troubleOf(error);
    }
  }
}

/** The scale at which a page is `width` pixels wide, or as wide as the bounds allow. */
export function scaleFor(size: PageSize, width: number): number {
  const pixels = Math.sqrt(MAX_PIXELS / (size.width * size.height));
  return Math.min(width / size.width, pixels, MAX_SIDE / size.width, MAX_SIDE / size.height);
}

type Source = { data: Uint8Array } | { range: Ranges };

async function sourceOf(reader: Reader, fail: (trouble: PdfTrouble) => void): Promise<Source> {
  if (reader.size > WHOLE_BYTES) return { range: new Ranges(reader, fail) };
  const data = await reader.range(0, reader.size).catch((error: unknown) => {
    throw new PdfTrouble("unreachable", { cause: error });
  });
  return { data };
}

function start(source: Source, [worker, renderer]: readonly Worker[]): PDFDocumentLoadingTask {
  GlobalWorkerOptions.rendererPorts = renderer ? [renderer] : [];
  return getDocument({
    ...source,
    worker: new PDFWorker({ port: worker as Worker & null, verbosity: VerbosityLevel.ERRORS }),
    verbosity: VerbosityLevel.ERRORS,
    rangeChunkSize: RANGE_BYTES,
    disableAutoFetch: true,
    disableStream: true,
    enableXfa: false,
    useWasm: false,
    useSystemFonts: false, // the same picture on both sides
    maxImageSize: MAX_IMAGE_PIXELS,
    cMapUrl: `${PARTS}cmaps/`,
    standardFontDataUrl: `${PARTS}standard_fonts/`,
    wasmUrl: `${PARTS}wasm/`,
  });
}
