/** The documents of one board, live: what lies there, which page one is on, laying, following, and what
 * the sheets below the drawing show. It does not know React. */
import { lookingAlong, lookingAt, movedTo, NO_INSETS, regionOf, STEP, zoomedBy, type Camera, type Insets, type Viewport } from "./camera";
import type { Documents, OpenPdf } from "./documents";
import { Follow, type FollowState } from "./follow";
import type { Common, Ground, Settled, Sight, Stock } from "./ground";
import { lay } from "./laying";
import { needs } from "./need";
import { documentsOn, overlap, pageFrom, pageIn, type Box, type Laid, type Page } from "./pages";
import { Sheets, type SheetWords } from "./sheets";
import { troubleOf, type PdfTrouble } from "./trouble";
import { wallClock, type Clock } from "../../signaling/clock";

export interface DeckState {
  readonly documents: readonly Laid[];
  readonly current: Page | null;
  /** Percent. */
  readonly zoom: number;
  readonly follow: FollowState;
  readonly leaderName: string;
  readonly locked: boolean;
  /** A document that is being shared and laid. */
  readonly laying: { readonly name: string; readonly laid: number; readonly of: number } | null;
  /** What did not work, until somebody has read it. */
  readonly trouble: { readonly name: string; readonly trouble: PdfTrouble } | null;
}

export type Fit = "page" | "width";

interface Options {
  readonly common: Common;
  readonly stock: Stock;
  readonly sight: Sight;
  readonly documents: Documents;
  readonly words: SheetWords & { title(page: number): string };
  readonly clock?: Clock;
}

/** Sheets beside what is seen are there already when one scrolls. */
const MARGIN = 0.5;
const SETTLE_MS = 80;
/** A movement so long after a hand was on the board is that hand's; any other is Excalidraw's own. */
const HAND_MS = 1_500;
const HANDS = ["pointerdown", "pointermove", "wheel", "keydown"] as const;
/** CSS pixels: nearer than that is where one was taken, not where one went. */
const SLACK = 1.5;

export class Deck {
  readonly documents: Documents;
  state: DeckState;
  readonly #options: Options;
  readonly #clock: Clock;
  readonly #follow: Follow;
  readonly #listeners = new Set<() => void>();
  #ground: Ground | null = null;
  #host: HTMLElement | null = null;
  #sheets: Sheets | null = null;
  #insets: Insets = NO_INSETS;
  #seen: readonly Settled[] | null = null;
  #fit: Fit | null = null;
  /** Where a press leads: it is the current page already, though the board is not there yet. */
  #heading: Page | null = null;
  /** Where this page was taken lately; Excalidraw tells of it a little later. */
  #taken: Camera[] = [];
  #handAt = -Infinity;
  #settling: (() => void) | null = null;
  #stops: (() => void)[] = [];

  constructor(options: Options) {
    const { sight, documents, clock = wallClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.documents = documents;
    this.#follow = new Follow({ me: sight.me, send: (view) => sight.send(view), changed: () => this.#followed(), clock });
    this.state = {
      documents: [],
      current: null,
      zoom: 100,
      follow: this.#follow.state,
      leaderName: "",
      locked: false,
      laying: null,
      trouble: null,
    };
  }

  /** Listen from now on, until `close`. */
  start(): void {
    const { common, documents, sight } = this.#options;
    this.#changed();
    this.#stops = [
      common.onChange(() => this.#changed()),
      documents.on("change", () => this.#draw()),
      sight.onView((participant, view) => this.#follow.heard(participant, view)),
      sight.onArrival(() => {
        this.#changed();
        this.#follow.tellAgain();
      }),
    ];
  }

  on(_what: "change", heard: () => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#settling?.();
    this.#follow.close();
    this.#sheets?.remove();
    this.documents.close();
  }

  /** The board is drawn now, with the sheets inside `host`; the way back takes them away. */
  attach(ground: Ground, host: HTMLElement): () => void {
    [this.#ground, this.#host] = [ground, host];
    this.#sheets = new Sheets(host, this.documents, this.#options.words);
    const stop = ground.onView(() => this.#moved());
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(host);
    const hand = () => (this.#handAt = this.#clock.now());
    const board = host.closest(".board") ?? host;
    for (const kind of HANDS) board.addEventListener(kind, hand, { capture: true, passive: true });
    this.#moved();
    this.#followed();
    return () => {
      stop();
      resized.disconnect();
      for (const kind of HANDS) board.removeEventListener(kind, hand, { capture: true });
      this.#sheets?.remove();
      [this.#ground, this.#host, this.#sheets] = [null, null, null];
    };
  }

  // -- looking

  /** What covers the board at its edges. */
  covered(insets: Insets): void {
    this.#insets = insets;
    this.#followed();
  }

  fit(fit: Fit, page = this.state.current): void {
    if (page === null) return;
    this.#follow.lookAround(); // whoever goes somewhere else does not want to be fetched back
    this.#fit = fit;
    this.#head(fit === "page" ? lookingAt : lookingAlong, page);
  }

  /** To this page, as large as the last one. */
  turnTo(page: Page): void {
    if (this.#fit !== null) return this.fit(this.#fit, page);
    this.#follow.lookAround();
    this.#head((box, viewport, insets) => movedTo(this.#camera(), box, viewport, insets), page);
  }

  turn(by: number): void {
    const { current, documents } = this.state;
    if (current !== null) this.turnTo(pageFrom(documents, current, by));
  }

  zoom(closer: boolean): void {
    this.#follow.lookAround();
    this.#fit = null;
    this.#go((_, viewport, insets) => zoomedBy(this.#camera(), closer ? STEP : 1 / STEP, viewport, insets), null);
  }

  lookAround(): void {
    this.#follow.lookAround();
  }

  comeBack(): void {
    this.#follow.comeBack();
  }

  // -- laying

  /** Share a PDF with everybody and lay it, unless there is something wrong with it. What went wrong is
   * told in `state.trouble`. */
  async add(given: File): Promise<void> {
    this.#show({ laying: { name: given.name, laid: 0, of: 0 }, trouble: null });
    const opening = this.#opened(given);
    const sharing = this.#options.stock.share(given, opening);
    sharing.catch(() => undefined); // why it does not open is the better word
    try {
      const pdf = await opening;
      const { id, name } = await sharing;
      this.documents.keep(id, pdf);
      await this.lay(id, name);
    } catch (error) {
      void opening.then((pdf) => pdf.close(), () => undefined);
      this.#show({ laying: null, trouble: { name: given.name, trouble: troubleOf(error) } });
    }
  }

  async #opened(given: File): Promise<OpenPdf> {
    return await this.documents.open(await this.#options.stock.local(given));
  }

  /** Lay a PDF that was shared already. */
  async lay(file: string, name: string): Promise<void> {
    const { common, words } = this.#options;
    const called = name.replace(/\.pdf$/i, "");
    const there = this.state.documents.find((one) => one.file === file)?.pages[0];
    this.#show({ laying: there ? null : { name, laid: 0, of: 0 }, trouble: null });
    if (there !== undefined) return this.fit("page", there);
    let gone = false;
    try {
      await lay(file, called, {
        sizes: this.documents,
        pieces: () => common.pieces(),
        put: (pieces) => {
          this.#ground?.lay(pieces);
          if (!gone) this.fit("page", documentsOn(pieces)[0]?.pages[0] ?? null);
          gone = true;
        },
        title: (page) => words.title(page),
        random: Math.random,
        progress: (laid, of) => this.#show({ laying: { name, laid, of } }),
      });
      this.#show({ laying: null });
    } catch (error) {
      this.#show({ laying: null, trouble: { name, trouble: troubleOf(error) } });
    }
  }

  /** Take a document away from the board, with its frames; what was drawn over it stays. */
  take(file: string): void {
    const ids = new Set(this.#options.common.ordered().flatMap((piece) => (String(piece.fileId ?? "").startsWith(`${file}-`) ? [piece.id, piece.frameId ?? ""] : [])));
    const away = this.#options.common.ordered().filter(({ id }) => ids.has(id));
    this.#ground?.lay(away.map((piece) => Object.assign(structuredClone(piece), { isDeleted: true, version: piece.version + 1 })));
  }

  understood(): void {
    this.#show({ trouble: null });
  }

  // -- what happens

  #changed(): void {
    const { common } = this.#options;
    const { leader, locked } = common.led();
    const seen = common.ordered();
    const documents = seen === this.#seen ? this.state.documents : documentsOn(seen);
    this.#seen = seen;
    this.#follow.led(leader !== null && (leader === this.#options.sight.me || common.isHere(leader)) ? leader : null);
    const leaderName = leader === null ? "" : common.nameOf(leader);
    const moved = documents !== this.state.documents;
    this.#show({ documents, locked, leaderName });
    if (moved) this.#look();
  }

  #moved(): void {
    if (this.#ground === null) return;
    const camera = this.#camera();
    this.#sheets?.move(camera);
    const taken = this.#taken.some((one) => near(one, camera));
    const byHand = !taken && this.#clock.now() - this.#handAt < HAND_MS;
    if (byHand) {
      this.#fit = null;
      this.#heading = null;
      this.#follow.lookAround();
    }
    this.#follow.moved(this.#region());
    this.#settling ??= this.#clock.after(SETTLE_MS, () => {
      this.#settling = null;
      if (!taken && !byHand) this.#followed(); // back to where one was taken
      this.#look();
    });
  }

  #resized(): void {
    if (this.#follow.state.target !== null) this.#followed();
    else if (this.#fit !== null) this.fit(this.#fit);
    this.#look();
  }

  #followed(): void {
    const follow = this.#follow.state;
    this.#show({ follow });
    if (follow.target !== null) this.#go(lookingAt, follow.target);
  }

  /** Which page is it, and what must be drawn for it? */
  #look(): void {
    const ground = this.#ground;
    if (ground === null) return;
    const region = this.#region();
    const { documents } = this.state;
    if (!this.#underway()) this.#heading = null;
    this.#show({ current: this.#heading ?? pageIn(documents, region), zoom: Math.round(this.#camera().zoom * 100) });
    this.documents.need(needs(documents, region, this.#camera().zoom * devicePixelRatio));
    this.#draw();
  }

  #draw(): void {
    const { x, y, width, height } = this.#region();
    const [across, up] = [width * MARGIN, height * MARGIN];
    const wide = { x: x - across, y: y - up, width: width + 2 * across, height: height + 2 * up };
    this.#sheets?.show(this.state.documents.flatMap(({ pages }) => pages.filter((page) => overlap(page, wide) > 0)));
    this.#tell();
  }

  #head(how: (box: Box, viewport: Viewport, insets: Insets) => Camera, page: Page): void {
    this.#heading = page;
    this.#show({ current: page });
    this.#go(how, page);
  }

  /** Is the page that one is taken to still there, and the board not there yet? */
  #underway(): boolean {
    const [id, to] = [this.#heading?.id, this.#taken.at(-1)];
    const there = this.state.documents.some(({ pages }) => pages.some((page) => page.id === id));
    return there && to !== undefined && !near(to, this.#camera());
  }

  #go(how: (box: Box, viewport: Viewport, insets: Insets) => Camera, box: Box | null): void {
    const ground = this.#ground;
    if (ground === null) return;
    const camera = how(box ?? this.#region(), this.#viewport(), this.#insets);
    this.#taken = [...this.#taken.slice(-8), camera];
    ground.look(camera);
  }

  #camera(): Camera {
    return this.#ground?.camera() ?? { scrollX: 0, scrollY: 0, zoom: 1 };
  }

  /** Measured here: Excalidraw learns of another size a little later. */
  #viewport(): Viewport {
    return { width: this.#host?.clientWidth || 1, height: this.#host?.clientHeight || 1 };
  }

  #region(): Box {
    return this.#ground === null ? { x: 0, y: 0, width: 1, height: 1 } : regionOf(this.#camera(), this.#viewport(), this.#insets);
  }

  #show(more: Partial<DeckState>): void {
    const now = this.state as unknown as Record<string, unknown>;
    if (Object.entries(more).every(([name, value]) => Object.is(now[name], value))) return;
    this.state = { ...this.state, ...more };
    this.#tell();
  }

  #tell(): void {
    for (const heard of this.#listeners) heard();
  }
}

function near(one: Camera, other: Camera): boolean {
  const scale = other.zoom;
  const far = Math.max(Math.abs(one.scrollX - other.scrollX), Math.abs(one.scrollY - other.scrollY)) * scale;
  return far < SLACK && Math.abs(one.zoom / other.zoom - 1) < 1e-3;
}
