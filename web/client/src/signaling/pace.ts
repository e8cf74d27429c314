/** How fast events may leave this page: below what the server takes as an attack.
 * It does not know what is sent. */
import type { Clock } from "./clock";

const BURST = 45;
const PER_SECOND = 18;
const LONGEST_QUEUE = 60;

export class Pace {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, burst = BURST, perSecond = PER_SECOND) {
    this.#clock = clock;
    [this.#burst, this.#perSecond] = [burst, perSecond];
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Take a place: how many ms to wait for it, or null when the queue is too long. */
  place(longestQueue = LONGEST_QUEUE): number | null {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    if (this.#tokens - 1 < -longestQueue) return null;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Wait for one's turn; false at once where the queue is too long. */
  async turn(longestQueue = LONGEST_QUEUE): Promise<boolean> {
    const ms = this.place(longestQueue);
    if (ms !== null && ms > 0) await new Promise<void>((go) => void this.#clock.after(ms, go));
    return ms !== null;
  }
}
