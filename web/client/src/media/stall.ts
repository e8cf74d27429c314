/** Notices within a second that packets stopped coming: ICE itself takes six.
 * It does not know what is done about it. */
export class Stall {
  #packets = -1;
  #sinceMs = 0;
  #flowing = false;

  /** `packets` received until now. For how long none came, in ms; 0 where none flowed before. */
  sample(packets: number, nowMs: number): number {
    if (packets !== this.#packets) {
      this.#flowing ||= this.#packets >= 0;
      this.#packets = packets;
      this.#sinceMs = nowMs;
    }
    return this.#flowing ? nowMs - this.#sinceMs : 0;
  }

  /** Nothing is expected for now. */
  rest(): void {
    this.#packets = -1;
    this.#flowing = false;
  }
}

/** Packets that arrived until now: of the transport, or by kind of medium where a browser counts so. */
export function received(stats: RTCStatsReport): number {
  const counts: Record<string, number> = {};
  for (const stat of stats.values() as Iterable<RTCStats & { packetsReceived?: number }>) {
    counts[stat.type] = (counts[stat.type] ?? 0) + (stat.packetsReceived ?? 0);
  }
  return counts["transport"] ?? counts["inbound-rtp"] ?? 0;
}
