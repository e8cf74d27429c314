/** Has a proof of work ready by the time somebody presses the button: fetched and solved in a worker
    while they type their name. Where that fails it says so by null; the server may not need one. */
import type { Parameters, Solution } from "./work";

interface Challenge {
  parameters: Parameters;
  signature: string;
  /** Whether a call can be started only with it. */
  needed: boolean;
}

export type Solve = (parameters: Parameters) => Promise<Solution | null>;

/** A proof older than this may expire on its way: the server takes two minutes. */
const FRESH_MS = 90_000;
const PATIENCE_MS = 60_000;

interface Work {
  begunAt: number;
  needed: boolean;
  /** Undefined while it is being solved. */
  done?: string | null;
  promise: Promise<string | null>;
}

export class Prover {
  #fetch: typeof fetch;
  #solve: Solve;
  #now: () => number;
  #work: Work | null = null;

  constructor(ask: typeof fetch = (...given) => fetch(...given), solve: Solve = inWorker, now = () => performance.now()) {
    this.#fetch = ask;
    this.#solve = solve;
    this.#now = now;
  }

  /** Begin, unless a proof is ready or on its way. */
  prepare(): void {
    if (this.#work === null || this.#isOld(this.#work)) this.#begin();
  }

  /** A proof for one call: at once if it is ready or not needed (then perhaps null), else when it is solved. */
  async take(): Promise<string | null> {
    const work = this.#work;
    this.#work = null;
    if (work === null || this.#isOld(work)) return null;
    if (work.done !== undefined) return work.done;
    return work.needed ? work.promise : null;
  }

  /** A new one, waited for: the server has just asked for it. */
  async fresh(): Promise<string | null> {
    const { promise } = this.#begin();
    this.#work = null;
    return promise;
  }

  #isOld(work: Work): boolean {
    return this.#now() - work.begunAt > FRESH_MS;
  }

  #begin(): Work {
    const work: Work = { begunAt: this.#now(), needed: false, promise: Promise.resolve(null) };
    work.promise = this.#prove(work).catch(() => null);
    void work.promise.then((done) => (work.done = done));
    this.#work = work;
    return work;
  }

  async #prove(work: Work): Promise<string | null> {
    const response = await this.#fetch("/api/challenge", { cache: "no-store", credentials: "same-origin" });
    if (!response.ok) return null;
    const { parameters, signature, needed } = (await response.json()) as Challenge;
    work.needed = needed;
    const solution = await this.#solve(parameters);
    return solution && btoa(JSON.stringify({ challenge: { parameters, signature }, solution }));
  }
}

/** Null where there are no workers, or ours does not come. */
function inWorker(parameters: Parameters): Promise<Solution | null> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const solved = new Promise<Solution | null>((resolve) => {
    worker.addEventListener("message", (event: MessageEvent<Solution | null>) => resolve(event.data));
    worker.addEventListener("error", () => resolve(null));
    setTimeout(() => resolve(null), PATIENCE_MS);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is no window
    worker.postMessage(parameters);
  });
  return solved.finally(() => worker.terminate());
}
