/** Whether this page is the one before it, reloaded: then the connection that the server still has is
    no other window, and nobody is asked about it (F-17, F-18).

    The name of the page that has the call stands in its history entry, which a copied tab takes along,
    and in a lock, which ends with the page and cannot be copied. */
import { randomHex } from "../sessions/envelope";
import { keepPage, keptPage } from "./memory";

/** A busy browser may need so long to end the page that was reloaded. */
const RELOADED_MS = 3_000;
/** Otherwise nothing was there a moment ago, unless it is there still. */
const ENDING_MS = 250;

export class Tab {
  readonly #locks: LockManager | undefined;
  #name = randomHex(16);

  /** Locks are missing outside of secure contexts: there every reload looks like another window. */
  constructor(locks: LockManager | undefined = navigator.locks) {
    this.#locks = locks;
  }

  /** Begin; true if this page had the call before it was reloaded. */
  async begin(): Promise<boolean> {
    const before = keptPage();
    const same = before !== null && (await this.#hold(before, AbortSignal.timeout(patienceMs())));
    if (same) this.#name = before;
    else void this.#hold(this.#name);
    return same;
  }

  /** The call is on this page. */
  take(): void {
    keepPage(this.#name);
  }

  /** Another page has it: whoever reloads this one is asked again. */
  yield(): void {
    keepPage(null);
  }

  /** Until this page ends; false if another one holds it. */
  async #hold(name: string, signal?: AbortSignal): Promise<boolean> {
    if (this.#locks === undefined) return false;
    let granted = () => {};
    const mine = new Promise<true>((done) => (granted = () => done(true)));
    const held = () => {
      granted();
      return new Promise<never>(() => {});
    };
    const request = this.#locks.request(`visavis-page-${name}`, signal === undefined ? {} : { signal }, held);
    return Promise.race([mine, request.catch(() => false)]);
  }
}

function patienceMs(): number {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return navigation?.type === "reload" ? RELOADED_MS : ENDING_MS;
}
