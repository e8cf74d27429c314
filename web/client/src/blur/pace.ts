/** How often a picture is drawn anew: as often as is of use, and never with more than about half of
 * one processor. Says when that is too seldom to be a picture of somebody who talks. */

/** At most fifteen a second, of a camera that has thirty. */
const EVERY_MS = 60;
const SHARE = 2;
/** As slow as this, for so many pictures in a row on average, it is no use. */
export const TOO_SLOW_MS = 2_000;
const COUNTED = 8;

export class Pace {
  #nextAt = -Infinity;
  #took: number[] = [];

  /** Whether a picture that comes now is to be drawn. */
  due(nowMs: number): boolean {
    return nowMs >= this.#nextAt;
  }

  /** How long to wait for the next. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#nextAt - nowMs);
  }

  drawn(beganMs: number, endedMs: number): void {
    const took = endedMs - beganMs;
    this.#nextAt = beganMs + Math.max(EVERY_MS, SHARE * took);
    this.#took = [...this.#took.slice(1 - COUNTED), took];
  }

  get tooSlow(): boolean {
    const total = this.#took.reduce((sum, took) => sum + took, 0);
    return this.#took.length >= COUNTED && total > TOO_SLOW_MS * COUNTED;
  }
}
