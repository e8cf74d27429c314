/** One file on its way to the others: made ready, sealed, carried to the server, told in the log. It does
 * not know what else is on its way, nor what is on the screen. */
import { ContentKey } from "../sessions/envelope";
import { type Relay, RelayRefused } from "../signaling/relay";
import { done } from "./bench";
import { fileContext, sealedBytes } from "./cobblestone";
import type { ShareOptions, Transfer } from "./files";
import * as kept from "./kept";
import { isPicture, prepare } from "./preparing";
import { FileRefused } from "./refused";
import { begin, discard, refused, Upload } from "./transfer";
import { WorkFailed } from "./work";

/** Where files of a session go, and what proves that one may. */
export interface Place {
  readonly relay: Relay;
  readonly session: string;
  /** Path of all files. */
  readonly all: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Ears {
  tell(facts: Partial<Transfer>): void;
  /** It is unfinished from now on, or no longer. */
  noted(file: string, unfinished: boolean): void;
  /** What was just sent need not be fetched. */
  ready(file: string, clear: Blob): void;
  /** The log has it already. */
  known(file: string): boolean;
}

export class Sending {
  readonly #place: Place;
  readonly #ears: Ears;
  readonly #ended = new AbortController();
  #upload: Upload | null = null;
  #file: string | null = null;
  /** What a reload would go on with is being put away. */
  #keeping: Promise<void> = Promise.resolve();
  #paused = false;
  #cancelled = () => {};

  constructor(place: Place, ears: Ears) {
    this.#place = place;
    this.#ears = ears;
  }

  /** The id of the file once the log has it. Throws `FileRefused`. */
  async share(file: File, { board, keep, unnamed, provided }: ShareOptions): Promise<string> {
    provided?.catch(() => void this.cancel());
    const wishes = { ...(keep === undefined ? {} : { keep }), ...(unnamed === undefined ? {} : { unnamed }) };
    const { clear, ...facts } = await this.#until(prepare(file, wishes));
    this.#ears.tell({ name: facts.name, size: clear.size });
    const size = sealedBytes(clear.size);
    const url = await begin(this.#place.all, size, this.#place.headers);
    const id = url.slice(this.#place.all.length + 1);
    this.#file = id;
    if (this.#ended.signal.aborted) void this.cancel();
    this.#ears.tell({ file: id });
    const { key, epoch } = await this.#key();
    const context = fileContext(this.#place.session, id);
    const task = { what: "seal", key: await key.fileKey(id), context, clear } as const;
    const { blob: sealed, sha256 } = await this.#sealed(done(task, () => undefined, this.#ended.signal));
    const whole = { file: id, ...facts, size: clear.size, sha256, ...(board === true ? { board } : {}) };
    this.#ears.noted(id, true);
    this.#keeping = kept.keep(key, this.#place.session, epoch, { facts: whole, sealed });
    // What is to lie on the board is waited for by everybody, and is never long on its way.
    if (board !== true) await this.#until(this.#keeping);
    await this.#carry(whole, sealed);
    if (provided !== undefined) await this.#until(provided);
    if (isPicture(facts.type)) this.#ears.ready(id, clear.slice(0, clear.size, facts.type));
    return this.#tell(whole);
  }

  /** Go on with what an earlier page of this tab began. */
  async goOn(id: string): Promise<string> {
    this.#file = id;
    const { key } = await this.#key();
    const found = await this.#until(kept.take(key, this.#place.session, id));
    if (found === null) {
      // Nothing to go on with: it may even have arrived.
      this.#ears.noted(id, false);
      throw new FileRefused("cancelled");
    }
    const { facts, sealed } = found;
    this.#ears.tell({ name: facts.name, size: facts.size });
    await this.#carry(facts, sealed);
    return this.#tell(facts);
  }

  pause(): void {
    if (this.#upload === null) return;
    this.#paused = true;
    this.#upload.stop();
    this.#ears.tell({ state: "paused" });
  }

  resume(): void {
    if (this.#upload === null || !this.#paused) return;
    this.#paused = false;
    this.#upload.start();
  }

  nudge(): void {
    if (!this.#paused) this.#upload?.nudge();
  }

  /** For good: here and on the server. */
  async cancel(): Promise<void> {
    this.#upload?.stop();
    this.#ended.abort();
    this.#cancelled();
    const id = this.#file;
    if (id === null) return;
    await this.#forget(id);
    await discard(`${this.#place.all}/${id}`, this.#place.headers).catch(() => undefined);
  }

  async #carry({ file, size }: kept.Facts, sealed: Blob): Promise<void> {
    const { all, headers } = this.#place;
    const ends = {
      progress: (bytes: number) => this.#ears.tell({ bytes: Math.min(size, Math.round((bytes / sealed.size) * size)) }),
      moving: (on: boolean) => this.#ears.tell({ state: on ? "sending" : "waiting" }),
    };
    const upload = new Upload({ url: `${all}/${file}`, sealed, headers, ends });
    this.#upload = upload;
    upload.start();
    try {
      await this.#until(upload.done);
    } catch (error) {
      if (!this.#ended.signal.aborted) await this.#forget(file);
      throw error;
    } finally {
      this.#upload = null;
    }
  }

  async #tell(facts: kept.Facts): Promise<string> {
    const { relay } = this.#place;
    this.#ears.tell({ state: "sharing", bytes: facts.size });
    try {
      if (!this.#ears.known(facts.file)) await relay.send("file.shared", facts, facts.file);
    } catch (error) {
      throw error instanceof RelayRefused ? new FileRefused("over") : error;
    }
    // Whoever waits for the file need not wait for that.
    void this.#forget(facts.file);
    return facts.file;
  }

  async #forget(file: string): Promise<void> {
    this.#ears.noted(file, false);
    await this.#keeping;
    await kept.drop(file);
  }

  async #key(): Promise<{ key: ContentKey; epoch: number }> {
    const { relay, session } = this.#place;
    const { contentKey, epoch } = relay.admission ?? { contentKey: null, epoch: 0 };
    if (contentKey === null) throw new FileRefused("over");
    return { key: await ContentKey.from(contentKey, session), epoch };
  }

  async #sealed<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof WorkFailed ? refused(error.failed) : error;
    }
  }

  /** The same, unless it is cancelled first. */
  async #until<Result>(work: Promise<Result>): Promise<Result> {
    const ended = new Promise<never>((_resolve, reject) => {
      this.#cancelled = () => reject(new FileRefused("cancelled"));
    });
    if (this.#ended.signal.aborted) throw new FileRefused("cancelled");
    return Promise.race([work, ended]);
  }
}
