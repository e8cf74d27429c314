/** Carries one sealed file to the server by tus 1.0, however often the line is cut: goes on at the last
 * part that is stored. It does not know what is in the file, nor who may have it. */
import { DetailedError, Upload as Tus } from "tus-js-client";
import { wallClock, type Clock } from "../signaling/clock";
import { SEALED_CHUNK_BYTES } from "./cobblestone";
import { FileRefused } from "./refused";
import { refusalOf } from "./work";

/** What the server stores at once (sessions/blobs.py); a request carries a few of them. */
export const PART_BYTES = 64 * SEALED_CHUNK_BYTES;
const REQUEST_BYTES = 4 * PART_BYTES;
/** Nothing moves for so long: the line is dead, whatever it says. */
const STALLED_MS = 20_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const PATIENCE_MS = 15_000;
const TUS = { "Tus-Resumable": "1.0.0" };
/** Trying again may help with these; else the server has said its last word. */
const PASSING = new Set([0, 408, 423, 425, 429, 460, 500, 502, 503, 504]);

type Headers = Readonly<Record<string, string>>;

/** Room for so many sealed bytes; the address of the new file. Throws `FileRefused`. */
export async function begin(all: string, sealedBytes: number, headers: Headers): Promise<string> {
  const response = await asked(all, "POST", { ...headers, ...TUS, "Upload-Length": String(sealedBytes) });
  const where = response.headers.get("Location");
  if (where === null) throw new FileRefused("offline");
  // A path below the one that was asked; wherever else it pointed, nothing is sent there.
  const { pathname } = new URL(where, location.href);
  if (!pathname.startsWith(`${all}/`)) throw new FileRefused("offline");
  return pathname;
}

/** Away with it on the server. What is gone already is gone. */
export async function discard(url: string, headers: Headers): Promise<void> {
  await asked(url, "DELETE", { ...headers, ...TUS }).catch((error: unknown) => {
    if (!(error instanceof FileRefused) || error.code !== "gone") throw error;
  });
}

async function asked(url: string, method: string, headers: Headers): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(url, { method, headers, cache: "no-store", credentials: "same-origin", signal }).catch(
    () => null,
  );
  if (response === null) throw new FileRefused("offline");
  if (!response.ok) throw refused(await refusalOf(response));
  return response;
}

/** Why the server would not. */
export function refused({ status, code, text }: { status: number; code: string; text: string }): FileRefused {
  if (status === 404 || status === 410) return new FileRefused("gone");
  if (status === 0 && code !== "") return new FileRefused(code);
  if (code === "file.infected") return new FileRefused("infected");
  if (code === "file.pending") return new FileRefused("pending");
  if (text === "" || status >= 500) return new FileRefused("offline");
  return new FileRefused("server", { text });
}

export interface Ends {
  /** So many sealed bytes are with the server. */
  progress(bytes: number): void;
  /** It goes on, or waits for the line. */
  moving(on: boolean): void;
}

export interface Options {
  readonly url: string;
  readonly sealed: Blob;
  readonly headers: Headers;
  readonly ends: Ends;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export class Upload {
  /** The whole file is stored. Rejects with `FileRefused`; never settles once it was stopped. */
  readonly done: Promise<void>;
  readonly #options: Options;
  readonly #clock: Clock;
  #settle: { resolve(): void; reject(error: FileRefused): void } = { resolve() {}, reject() {} };
  #tus: Tus | null = null;
  #tries = 0;
  #cancelTimer = () => {};
  readonly #online = () => this.#waiting && this.#go();
  #waiting = false;

  constructor(options: Options) {
    this.#options = options;
    this.#clock = options.clock ?? wallClock;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever stops it does not wait for it.
    this.done.catch(() => undefined);
  }

  start(): void {
    addEventListener("online", this.#online);
    this.#go();
  }

  /** Stop for now; `start` goes on. */
  stop(): void {
    removeEventListener("online", this.#online);
    this.#quiet();
  }

  /** The line is back: no need to wait longer. */
  nudge(): void {
    this.#online();
  }

  #quiet(): void {
    this.#cancelTimer();
    this.#waiting = false;
    const tus = this.#tus;
    this.#tus = null;
    // It never asks the server to forget anything by itself.
    void tus?.abort(false).catch(() => undefined);
  }

  #go(): void {
    this.#quiet();
    this.#options.ends.moving(true);
    const { url, sealed, headers, ends } = this.#options;
    const mine = () => this.#tus === tus;
    const tus = new Tus(sealed, {
      uploadUrl: url,
      headers: { ...headers },
      chunkSize: REQUEST_BYTES,
      retryDelays: null,
      storeFingerprintForResuming: false,
      fingerprint: () => Promise.resolve(""),
      onProgress: (bytes) => {
        if (!mine()) return;
        this.#watch();
        ends.progress(bytes);
      },
      onChunkComplete: () => {
        this.#tries = 0;
      },
      onSuccess: () => {
        if (!mine()) return;
        this.stop();
        this.#settle.resolve();
      },
      onError: (error) => mine() && this.#failed(error),
    });
    this.#tus = tus;
    this.#watch();
    tus.start();
  }

  #watch(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(STALLED_MS, () => this.#later());
  }

  #failed(error: Error): void {
    const response = error instanceof DetailedError ? error.originalResponse : null;
    const status = response?.getStatus() ?? 0;
    const said = spoken(response?.getBody() ?? "");
    // The server has less, or more, than this page believes: it is asked anew.
    if (PASSING.has(status) || said.code === "upload.offset") return this.#later();
    this.stop();
    this.#settle.reject(refused({ status, ...said }));
  }

  /** Twice as long each time, and never all at the same moment. */
  #later(): void {
    this.#quiet();
    this.#waiting = true;
    this.#options.ends.moving(false);
    const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#tries);
    this.#tries += 1;
    const ms = most * (0.5 + (this.#options.random ?? Math.random)() / 2);
    this.#cancelTimer = this.#clock.after(ms, () => this.#go());
  }
}

function spoken(body: string): { code: string; text: string } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: string; text?: string } };
    return { code: error?.code ?? "", text: error?.text ?? "" };
  } catch {
    return { code: "", text: "" };
  }
}
