/** Notices within a second that packets stopped coming: ICE itself takes six.
 * It does not know what is done about it. */
export class Stall {
  #packets = -1;
  #sinceMs = 0;
  #flowing = false;

  /** `packets` received until now. True while they flowed before, and for `limitMs` do not any more. */
  sample(packets: number, nowMs: number, limitMs: number): boolean {
    if (packets !== this.#packets) {
      this.#flowing ||= this.#packets >= 0;
      this.#packets = packets;
      this.#sinceMs = nowMs;
    }
    return this.#flowing && nowMs - this.#sinceMs >= limitMs;
  }

  /** Nothing is expected for now. */
  rest(): void {
    this.#packets = -1;
    this.#flowing = false;
  }
}
