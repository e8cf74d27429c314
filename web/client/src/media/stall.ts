/** Notices within a second that packets stopped coming: ICE itself takes six.
 * It does not know what is done about it. */
export class Stall {
  readonly #limitMs: number;
  #packets = -1;
  #sinceMs = 0;
  #flowing = false;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** `packets` received until now. True while they flowed before and do not any more. */
  sample(packets: number, nowMs: number): boolean {
    if (packets !== this.#packets) {
      this.#flowing ||= this.#packets >= 0;
      this.#packets = packets;
      this.#sinceMs = nowMs;
    }
    return this.#flowing && nowMs - this.#sinceMs >= this.#limitMs;
  }

  /** Nothing is expected for now. */
  rest(): void {
    this.#packets = -1;
    this.#flowing = false;
  }
}
