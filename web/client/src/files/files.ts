/** The files of one session, live: what was shared, what is on its way, and sharing, fetching and taking
 * back. What is heavy comes when it is needed. It does not know React, nor how anything is sealed. */
import type { Opened } from "../sessions/opened";
import { headersOf, type Proof } from "../signaling/admission";
import { Listeners } from "../signaling/listeners";
import type { Relay } from "../signaling/relay";
import { versionOf } from "../texts";
import { type Store, tabStore } from "../signaling/shelf";
import { applyToLedger, judged, type Ledger, NO_FILES, type SharedFile, type Verdict } from "./ledger";
import { FileRefused, reasonOf } from "./refused";
import type { Place, Sending } from "./sending";

export type { SharedFile, Verdict };
export { FileRefused };

/** preparing: looked at and sealed; waiting: for the line; sharing: stored, and being told. */
export type Moving = "preparing" | "sending" | "waiting" | "paused" | "sharing" | "fetching" | "failed";

export interface Transfer {
  readonly id: string;
  readonly name: string;
  readonly direction: "up" | "down";
  /** Of a download, and of an upload that has one already. */
  readonly file: string | null;
  readonly state: Moving;
  readonly bytes: number;
  readonly size: number;
  /** Why it failed. */
  readonly reason: FileRefused | null;
}

export interface FilesState {
  readonly files: readonly SharedFile[];
  readonly transfers: readonly Transfer[];
  /** Shared by others, and not yet on screen. */
  readonly unread: number;
}

export interface ShareOptions {
  /** To lie on the board. */
  readonly board?: boolean;
  /** Leave in a picture where, when and with what it was taken. */
  readonly keep?: boolean;
  /** What to call that which has no name. */
  readonly unnamed?: string;
  /** It is on its way already while this is found out. Nobody is told of it before; if it rejects, never. */
  readonly provided?: Promise<unknown>;
}

/** Any bytes of a file, without the rest of it. Rejects with `FileRefused`. */
export interface Reader {
  readonly size: number;
  /** Clear bytes `from` up to but not `to`. */
  range(from: number, to: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export interface FilesOptions {
  readonly relay: Relay;
  readonly session: string;
  readonly proof: Proof;
  /** A scanner looks at every file, and its word is waited for. */
  readonly scanned?: boolean;
  /** Where this tab notes its unfinished uploads; null: nowhere. */
  readonly store?: Store | null;
}

const UPLOADS = "visavis-uploads";
/** Below that nobody waits long enough to be told. */
const TOLD_BYTES = 1 << 20;
/** What was opened is kept for the next who asks, up to so much. */
const CACHE_BYTES = 64 << 20;
const SHOW_MS = 50;

export class Files {
  readonly #relay: Relay;
  readonly #session: string;
  readonly #place: Place;
  /** What holds of a file while nothing was said about it. */
  readonly #unjudged: Verdict;
  readonly #store: Store | null;
  readonly #listeners = new Listeners<{ [name: string]: unknown[]; change: [state: FilesState] }>();
  readonly #sendings = new Map<string, Sending>();
  readonly #fetched = new Map<string, { size: number; blob: Promise<Blob> }>();
  #ledger: Ledger = NO_FILES;
  #transfers: readonly Transfer[] = [];
  /** What the person chose for pictures, wherever they come from: leave in what they tell. */
  #keepDetails = false;
  #seen = 0;
  #count = 0;
  #resumed = false;
  #hinted = false;
  #state: FilesState | null = null;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #offs: (() => void)[] = [];

  constructor({ relay, session, proof, scanned = false, store = tabStore() }: FilesOptions) {
    this.#unjudged = scanned ? "pending" : "unscanned";
    this.#relay = relay;
    this.#session = session;
    this.#store = store;
    this.#place = { relay, session, all: `/api/sessions/${session}/files`, headers: headersOf(proof) };
  }

  get state(): FilesState {
    this.#state ??= {
      files: this.#ledger.files.map((file) => ({ ...file, verdict: file.verdict ?? this.#unjudged })),
      transfers: this.#transfers,
      unread: this.#ledger.files.filter(({ mine, board, seq }) => !mine && !board && seq > this.#seen).length,
    };
    return this.#state;
  }

  on(_name: "change", heard: (state: FilesState) => void): () => void {
    return this.#listeners.on("change", heard);
  }

  /** Begin; before `relay.start()`, so that nothing is missed. Returns what ends it. */
  start(): () => void {
    this.#offs = [
      this.#relay.on("event", (event) => this.#hear(event)),
      this.#relay.on("reset", () => {
        this.#ledger = NO_FILES;
        this.#show();
      }),
      this.#relay.on("joined", () => this.#joined()),
    ];
    return () => this.stop();
  }

  /** Let go of everything; an upload goes on after a reload. */
  stop(): void {
    for (const off of this.#offs.splice(0)) off();
    for (const sending of this.#sendings.values()) sending.pause();
    clearTimeout(this.#showing);
  }

  /** Share a file with everybody in the session. Resolves once the log has it; rejects with `FileRefused`. */
  async share(file: File, options: ShareOptions = {}): Promise<SharedFile> {
    const id = this.#begin({ name: file.name, direction: "up", size: file.size, state: "preparing" });
    return this.#send(id, (sending) => sending.share(file, { keep: this.#keepDetails, ...options }));
  }

  /** The clear content, checked, as what it is by content. Rejects with `FileRefused`. */
  async blob(id: string, signal?: AbortSignal): Promise<Blob> {
    const file = this.#find(id);
    const known = this.#fetched.get(id);
    if (known !== undefined) {
      this.#fetched.delete(id);
      this.#fetched.set(id, known);
      return known.blob;
    }
    const blob = this.#fetch(file, signal);
    this.#remember(id, file.size, blob);
    return blob;
  }

  /** Rejects with `FileRefused`. */
  async reader(id: string): Promise<Reader> {
    const file = this.#find(id);
    const { openReader } = await import("./fetching");
    return this.#judging(id, openReader(this.#place, file));
  }

  /** Take back one's own, for everybody. */
  async remove(id: string): Promise<void> {
    const file = this.#known(id);
    if (!file.mine) throw new FileRefused("foreign");
    await this.#relay.send("file.removed", { file: id }).catch(() => {
      throw new FileRefused("over");
    });
    const { discard } = await import("./transfer");
    await discard(`${this.#place.all}/${id}`, this.#place.headers);
  }

  pause(transfer: string): void {
    this.#sendings.get(transfer)?.pause();
  }

  resume(transfer: string): void {
    this.#sendings.get(transfer)?.resume();
  }

  /** End an upload for good; take what failed out of the list. */
  cancel(transfer: string): void {
    void this.#sendings.get(transfer)?.cancel();
    this.#end(transfer);
  }

  /** Everything there is was on the screen. */
  see(): void {
    const last = this.#ledger.files.reduce((most, { seq }) => Math.max(most, seq), 0);
    this.seenUpTo(last);
  }

  /** What was on the screen before a reload. */
  seenUpTo(seq: number): void {
    if (seq <= this.#seen) return;
    this.#seen = seq;
    this.#show();
  }

  get keepDetails(): boolean {
    return this.#keepDetails;
  }

  setKeepDetails(on: boolean): void {
    this.#keepDetails = on;
  }

  /** OB-11: what is said of protected contents was on the screen; the log has it once for each person. */
  hintShown(): void {
    if (this.#hinted) return;
    this.#hinted = true;
    void this.#relay.send("hint.shown", { hint: "files", ...versionOf("files") });
  }

  get seen(): number {
    return this.#seen;
  }

  // -- what happens

  #hear(event: Opened): void {
    if (event.kind === "hint.shown" && event.mine) this.#hinted = true;
    const before = this.#ledger;
    this.#ledger = applyToLedger(before, event);
    if (this.#ledger === before) return;
    if (event.kind === "file.removed") this.#fetched.delete(event.body.file);
    if (event.kind === "file.scanned" && event.body.verdict === "infected") this.#fetched.delete(event.body.file);
    this.#show();
  }

  #joined(): void {
    for (const sending of this.#sendings.values()) sending.nudge();
    if (this.#resumed) return;
    this.#resumed = true;
    for (const file of this.#noted()) {
      const id = this.#begin({ name: "", direction: "up", size: 0, state: "waiting", file });
      this.#send(id, (sending) => sending.goOn(file)).catch(() => undefined);
    }
  }

  async #send(id: string, go: (sending: Sending) => Promise<string>): Promise<SharedFile> {
    try {
      const { Sending } = await import("./sending");
      const sending = new Sending(this.#place, {
        tell: (facts) => this.#patch(id, facts),
        noted: (file, unfinished) => this.#note(file, unfinished),
        ready: (file, clear) => this.#remember(file, clear.size, Promise.resolve(clear)),
        known: (file) => this.#ledger.files.some((one) => one.id === file),
      });
      this.#sendings.set(id, sending);
      const file = this.#known(await go(sending));
      this.#end(id);
      return file;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason.code === "cancelled") this.#end(id);
      else this.#patch(id, { state: "failed", reason });
      throw reason;
    } finally {
      this.#sendings.delete(id);
    }
  }

  async #fetch(file: SharedFile, signal?: AbortSignal): Promise<Blob> {
    const { id, name, size } = file;
    const told = size > TOLD_BYTES;
    const transfer = told ? this.#begin({ name, direction: "down", size, state: "fetching", file: id }) : null;
    try {
      const { fetchBlob } = await import("./fetching");
      const progress = (bytes: number) => transfer && this.#patch(transfer, { bytes });
      return await this.#judging(id, fetchBlob(this.#place, file, progress, signal));
    } catch (error) {
      this.#fetched.delete(id);
      throw reasonOf(error);
    } finally {
      if (transfer !== null) this.#end(transfer);
    }
  }

  /** The server may know of a verdict what the log has not told yet. */
  async #judging<Result>(id: string, result: Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (error) {
      const { code } = reasonOf(error);
      if (code === "pending" || code === "infected") {
        this.#ledger = judged(this.#ledger, id, code);
        this.#show();
      }
      throw error;
    }
  }

  #known(id: string): SharedFile {
    const file = this.#ledger.files.find((one) => one.id === id);
    if (file === undefined) throw new FileRefused("gone");
    return file;
  }

  #find(id: string): SharedFile {
    const file = this.#known(id);
    if (file.verdict === "infected") throw new FileRefused("infected");
    return file;
  }

  #remember(id: string, size: number, blob: Promise<Blob>): void {
    this.#fetched.set(id, { size, blob });
    let sum = 0;
    for (const kept of this.#fetched.values()) sum += kept.size;
    for (const [other, kept] of this.#fetched) {
      if (sum <= CACHE_BYTES || other === id) return;
      this.#fetched.delete(other);
      sum -= kept.size;
    }
  }

  // -- unfinished uploads of this tab

  #noted(): string[] {
    try {
      const rows: unknown = JSON.parse(this.#store?.getItem(UPLOADS) ?? "[]");
      const mine = Array.isArray(rows) ? rows.filter((row) => row?.session === this.#session) : [];
      return mine.map(({ file }) => file).filter((file) => typeof file === "string" && /^[0-9a-f]{32}$/.test(file));
    } catch {
      return [];
    }
  }

  #note(file: string, unfinished: boolean): void {
    const others = this.#noted().filter((other) => other !== file);
    const rows = (unfinished ? [...others, file] : others).map((one) => ({ session: this.#session, file: one }));
    try {
      if (rows.length > 0) this.#store?.setItem(UPLOADS, JSON.stringify(rows));
      else this.#store?.removeItem(UPLOADS);
    } catch {
      // Full or forbidden: then a reload ends the upload, and nothing else.
    }
  }

  // -- what is shown

  #begin(facts: Pick<Transfer, "name" | "direction" | "size" | "state"> & { file?: string }): string {
    this.#count += 1;
    const id = String(this.#count);
    this.#transfers = [...this.#transfers, { id, file: null, bytes: 0, reason: null, ...facts }];
    this.#show();
    return id;
  }

  #patch(id: string, facts: Partial<Transfer>): void {
    this.#transfers = this.#transfers.map((one) => (one.id === id ? { ...one, ...facts } : one));
    this.#show();
  }

  #end(id: string): void {
    this.#transfers = this.#transfers.filter((one) => one.id !== id);
    this.#show();
  }

  #show(): void {
    this.#state = null;
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      this.#listeners.tell("change", this.state);
    }, SHOW_MS);
  }
}
