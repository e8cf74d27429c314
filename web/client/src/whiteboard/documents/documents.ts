/** The PDFs of a session, opened when a page of theirs is needed, drawn one page after the other,
 * forgotten when the room is needed. It does not know the board, nor what a page shows. */
import type { PageSize } from "./layout";
import type { Need } from "./need";
import { pageKey } from "./pages";
import type { Reader } from "./ranges";
import { Shelf } from "./shelf";
import { PdfTrouble, troubleOf, type Trouble } from "./trouble";

/** What is needed of `Pdf`. */
export interface OpenPdf {
  readonly pages: number;
  readonly closed: boolean;
  size(number: number): Promise<PageSize>;
  draw(number: number, width: number): Promise<HTMLCanvasElement>;
  /** Only to be looked at: it takes less room. */
  still(number: number, width: number): Promise<HTMLCanvasElement>;
  close(): void;
}

export interface Thumb {
  readonly file: string;
  readonly number: number;
  /** Device pixels. */
  readonly width: number;
}

interface Options {
  reader(file: string): Reader | Promise<Reader>;
  open(reader: Reader): Promise<OpenPdf>;
  /** Pixels of all drawn pages together. */
  room?: number;
}

const MAX_OPEN = 3;
/** So many pages of one document may be too slow, then nothing more of it is tried. */
const MAX_SLOW = 3;
/** Of pages, 12 bytes each with what the browser keeps beside it, and of small ones: 256 MB together. */
const ROOM = 16_000_000;
const THUMB_ROOM = 12_000_000;
/** What may come through a little later. */
const PASSING: ReadonlySet<Trouble> = new Set(["before", "pending", "unreachable"]);
const AGAIN_MS = 5_000;

export class Documents {
  readonly #options: Options;
  readonly #room: number;
  readonly #uses = new Map<string, number>();
  readonly #open = new Shelf<Promise<OpenPdf>>(
    MAX_OPEN,
    (opening) => void opening.then((pdf) => pdf.close(), () => undefined),
    (file) => this.#uses.has(file),
  );
  readonly #drawn: Shelf<HTMLCanvasElement>;
  readonly #thumbs: Shelf<HTMLCanvasElement>;
  readonly #troubles = new Map<string, Trouble>();
  readonly #slow = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #needs: readonly Need[] = [];
  #wanted: readonly Thumb[] = [];
  /** Each document has workers of its own: one that is slow keeps no other waiting. */
  readonly #busy = new Set<string>();
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#room = options.room ?? ROOM;
    this.#drawn = new Shelf(this.#room, free);
    this.#thumbs = new Shelf(THUMB_ROOM, free);
  }

  on(_what: "change", heard: () => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  /** These pages are needed now, the first one most; earlier needs are forgotten. */
  need(needs: readonly Need[]): void {
    this.#needs = fitting(needs, this.#room);
    // The most needed last, so that it goes last.
    for (let at = this.#needs.length - 1; at >= 0; at -= 1) this.#drawn.use(this.#needs[at]?.page.key ?? "");
    this.#work();
  }

  /** These small pictures are wanted, after the pages. */
  want(thumbs: readonly Thumb[]): void {
    this.#wanted = thumbs;
    this.#work();
  }

  drawn(key: string): HTMLCanvasElement | null {
    return this.#drawn.peek(key) ?? null;
  }

  thumb(key: string): HTMLCanvasElement | null {
    return this.#thumbs.peek(key) ?? null;
  }

  /** What is wrong with a page, or with its whole document. */
  trouble(file: string, number?: number): Trouble | null {
    const ofPage = number === undefined ? undefined : this.#troubles.get(pageKey(file, number));
    return this.#troubles.get(file) ?? ofPage ?? null;
  }

  /** Pixels and documents that are held now. */
  get held(): { pixels: number; open: number } {
    return { pixels: this.#drawn.weight + this.#thumbs.weight, open: this.#open.size };
  }

  /** Open one that has no id yet: what is wrong with it shows before anybody gets it. Rejects with
   * `PdfTrouble`. Whoever asked closes it, or has it kept under the id it was given. */
  async open(reader: Reader): Promise<OpenPdf> {
    return await this.#options.open(reader);
  }

  keep(file: string, pdf: OpenPdf): void {
    this.#open.put(file, Promise.resolve(pdf), 1);
  }

  /** Rejects with `PdfTrouble`, as do the next two. */
  async pages(file: string): Promise<number> {
    return await this.#with(file, async (pdf) => pdf.pages);
  }

  async size(file: string, number: number): Promise<PageSize> {
    return await this.#with(file, async (pdf) => await pdf.size(number));
  }

  /** A page of its own, for export; whoever asks gives it back by `free`. */
  async draw(file: string, number: number, width: number): Promise<HTMLCanvasElement> {
    return await this.#with(file, async (pdf) => await pdf.draw(number, width));
  }

  close(): void {
    this.#closed = true;
    [this.#needs, this.#wanted] = [[], []];
    for (const timer of this.#timers) clearTimeout(timer);
    for (const shelf of [this.#open, this.#drawn, this.#thumbs]) shelf.clear();
    this.#listeners.clear();
  }

  /** While it is used, it is not closed to make room. */
  async #with<T>(file: string, work: (pdf: OpenPdf) => Promise<T>): Promise<T> {
    this.#uses.set(file, (this.#uses.get(file) ?? 0) + 1);
    try {
      return await work(await this.#pdf(file));
    } finally {
      const uses = (this.#uses.get(file) ?? 1) - 1;
      if (uses > 0) this.#uses.set(file, uses);
      else this.#uses.delete(file);
    }
  }

  async #pdf(file: string): Promise<OpenPdf> {
    if (this.#closed) throw new PdfTrouble("gone");
    const known = await this.#open.use(file);
    if (known !== undefined && !known.closed) return known;
    const opening = Promise.resolve(this.#options.reader(file))
      .catch((error: unknown) => {
        throw error instanceof PdfTrouble ? error : new PdfTrouble("unreachable", { cause: error });
      })
      .then((reader) => this.#options.open(reader));
    this.#open.put(file, opening, 1);
    opening.catch(() => this.#open.drop(file));
    return await opening;
  }

  /** Draw the next page of every document that is not at work. */
  #work(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) void this.#run(next);
  }

  async #run({ file, draw }: { file: string; draw(): Promise<void> }): Promise<void> {
    this.#busy.add(file);
    await draw();
    this.#busy.delete(file);
    this.#work();
  }

  #next(): { file: string; draw(): Promise<void> } | null {
    const need = this.#needs.find(({ page, width }) => this.#free(page.file, page.number) && this.#lacks(page.key, width));
    if (need !== undefined) return { file: need.page.file, draw: async () => await this.#drawPage(need) };
    const thumb = this.#wanted.find((one) => this.#free(one.file, one.number) && !this.#thumbs.peek(pageKey(one.file, one.number)));
    return thumb === undefined ? null : { file: thumb.file, draw: async () => await this.#drawThumb(thumb) };
  }

  #free(file: string, number: number): boolean {
    return this.#busy.size < MAX_OPEN && !this.#busy.has(file) && this.trouble(file, number) === null;
  }

  /** A page that is held in more pixels than needed stays as it is. */
  #lacks(key: string, width: number): boolean {
    const has = this.#drawn.peek(key);
    return has === undefined || Number(has.dataset["asked"]) < width;
  }

  async #drawPage({ page: { file, number, key }, width }: Need): Promise<void> {
    await this.#attempt(file, number, async (pdf) => {
      const canvas = await pdf.still(number, width);
      if (this.#closed) return free(canvas);
      // The page may be narrower than asked for; asking again would not make it wider.
      canvas.dataset["asked"] = String(width);
      this.#drawn.put(key, canvas, canvas.width * canvas.height);
    });
  }

  async #drawThumb({ file, number, width }: Thumb): Promise<void> {
    await this.#attempt(file, number, async (pdf) => {
      const canvas = await pdf.still(number, width);
      if (this.#closed) return free(canvas);
      this.#thumbs.put(pageKey(file, number), canvas, canvas.width * canvas.height);
    });
  }

  async #attempt(file: string, number: number, work: (pdf: OpenPdf) => Promise<void>): Promise<void> {
    let opened = false;
    try {
      await this.#with(file, async (pdf) => {
        opened = true;
        await work(pdf);
      });
    } catch (error) {
      if (this.#closed) return;
      this.#failed(file, number, troubleOf(error).code, opened);
    }
    this.#tell();
  }

  /** What does not open fails as a whole; a page that is broken fails alone. */
  #failed(file: string, number: number, code: Trouble, opened: boolean): void {
    const slow = (this.#slow.get(file) ?? 0) + (code === "slow" ? 1 : 0);
    this.#slow.set(file, slow);
    const whole = !opened || code === "unreachable" || slow >= MAX_SLOW;
    const key = whole ? file : pageKey(file, number);
    this.#troubles.set(key, code);
    if (PASSING.has(code)) this.#again(key, file);
  }

  #again(key: string, file: string): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#troubles.delete(key);
      this.#open.drop(file);
      this.#work();
    }, AGAIN_MS);
    this.#timers.add(timer);
  }

  #tell(): void {
    for (const heard of this.#listeners) heard();
  }
}

/** Give the pixels back at once; browsers would wait with it. */
export function free(canvas: HTMLCanvasElement): void {
  [canvas.width, canvas.height] = [0, 0];
  canvas.remove();
}

/** As many needs as there is room for: what does not fit would push out what was just drawn. */
export function fitting(needs: readonly Need[], room: number): Need[] {
  const seen = new Set<string>();
  let pixels = 0;
  return needs.filter(({ page, width }) => {
    if (seen.has(page.key)) return false;
    seen.add(page.key);
    pixels += width * width * (page.height / page.width);
    return pixels <= room || seen.size === 1;
  });
}
