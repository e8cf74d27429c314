/**
 * Fetches again and again: soon after a hint, and every so often without one. Never two at a time.
 * It does not know what is fetched.
 */

export interface Rhythm {
  /** Hints within this time share one fetch. */
  readonly gatherMs: number;
  /** Without a hint. */
  readonly everyMs: number;
}

export class Refresh {
  readonly #fetch: () => Promise<void>;
  readonly #rhythm: Rhythm;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #dueMs = Infinity;
  #busy = false;
  #again = false;
  #stopped = true;

  /** `fetch` deals with its own failures; what it throws is dropped. */
  constructor(fetch: () => Promise<void>, rhythm: Rhythm) {
    this.#fetch = fetch;
    this.#rhythm = rhythm;
  }

  start(): void {
    this.#stopped = false;
    void this.#run();
  }

  /** Something changed. */
  hint(): void {
    if (this.#busy) this.#again = true;
    else this.#schedule(this.#rhythm.gatherMs);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueMs = Infinity;
  }

  #schedule(inMs: number): void {
    const dueMs = Date.now() + inMs;
    if (this.#stopped || dueMs >= this.#dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => void this.#run(), inMs);
  }

  async #run(): Promise<void> {
    this.#timer = null;
    this.#dueMs = Infinity;
    this.#busy = true;
    this.#again = false;
    await this.#fetch().catch(() => undefined);
    this.#busy = false;
    this.#schedule(this.#again ? this.#rhythm.gatherMs : this.#rhythm.everyMs);
  }
}
