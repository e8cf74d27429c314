/** What came back of numbered packets, and the figures that follow: round trip, jitter, loss, rate.
 * Pure: it sends nothing and has no clock of its own. The layout is that of media/echo.py. */

const TENTH = 10;
const HEAD_BYTES = 12;

export interface Figures {
  rtt_ms: number | null;
  jitter_ms: number | null;
  loss_pct: number | null;
  up_kbps: number | null;
  down_kbps: number | null;
}

interface Sent {
  readonly atMs: number;
  readonly bytes: number;
}

interface Back {
  readonly number: number;
  readonly tripMs: number;
  /** Packets at the far end until then, and when that was by its own clock. */
  readonly came: number;
  readonly thereMs: number;
  readonly atMs: number;
}

export class Echoes {
  /** The network took no more for a while: what was not sent then is its own doing. */
  held = false;
  readonly #sent: Sent[] = [];
  readonly #back = new Map<number, Back>();
  /** The first packet of those that come close enough together to show a rate. */
  #dense = Infinity;

  /** The next packet; write it down with `sent`. */
  packet(bytes: number): ArrayBuffer {
    const packet = new ArrayBuffer(bytes);
    new DataView(packet).setUint32(0, this.#sent.length);
    return packet;
  }

  sent(bytes: number, atMs: number): void {
    this.#sent.push({ atMs, bytes });
  }

  /** From the next packet on the rate counts. */
  densely(): void {
    this.#dense = this.#sent.length;
  }

  /** What is no packet of ours, or came before, is passed over. */
  back(packet: unknown, atMs: number): void {
    if (!(packet instanceof ArrayBuffer) || packet.byteLength < HEAD_BYTES) return;
    const view = new DataView(packet);
    const number = view.getUint32(0);
    const sent = this.#sent[number];
    if (sent === undefined || sent.bytes !== packet.byteLength || this.#back.has(number)) return;
    const [came, thereMs] = [view.getUint32(4), view.getUint32(8)];
    this.#back.set(number, { number, tripMs: atMs - sent.atMs, came, thereMs, atMs });
  }

  /** `leastKbps`: less than that, sent without being held, is a page that could not keep up. */
  figures(leastKbps = 0): Figures {
    const sparse = [...this.#back.values()].filter(({ number }) => number < this.#dense);
    sparse.sort((a, b) => a.number - b.number);
    const trips = sparse.map(({ tripMs }) => tripMs);
    const steps = trips.slice(1).map((trip, at) => Math.abs(trip - (trips[at] ?? trip)));
    return {
      rtt_ms: rounded(median(trips)),
      jitter_ms: rounded(steps.length === 0 ? null : steps.reduce((all, step) => all + step, 0) / steps.length),
      loss_pct: this.#sent.length === 0 ? null : rounded(this.#loss()),
      ...this.#rates(leastKbps),
    };
  }

  /** Of the worse direction, in percent. */
  #loss(): number {
    let last: Back | null = null;
    for (const back of this.#back.values()) if (back.came > (last?.came ?? 0)) last = back;
    const all = this.#sent.length;
    if (last === null) return 100;
    const up = Math.max(0, last.number + 1 - last.came);
    const down = Math.max(0, all - this.#back.size - up);
    return (100 * Math.max(up, down)) / all;
  }

  /** Never more than was sent; null where the page itself could not send as it should. */
  #rates(leastKbps: number): Pick<Figures, "up_kbps" | "down_kbps"> {
    const sent = this.#sent.slice(this.#dense);
    const back = [...this.#back.values()].filter(({ number }) => number >= this.#dense);
    const [first, last] = [sent[0], sent.at(-1)];
    if (first === undefined || last === undefined || sent.length < 2) return { up_kbps: null, down_kbps: null };
    const lastedMs = last.atMs - first.atMs;
    const offered = (8 * first.bytes * (sent.length - 1)) / lastedMs;
    if (offered < leastKbps && !this.held) return { up_kbps: null, down_kbps: null };
    const rate = (times: number[]) => {
      const ms = Math.max(lastedMs, Math.max(...times) - Math.min(...times));
      return times.length < 2 || ms <= 0 ? 0 : rounded((8 * first.bytes * (times.length - 1)) / ms);
    };
    // The far end's count tells also of what was lost on its way back.
    const there = back.map(({ thereMs }) => thereMs);
    const came = back.map(({ came }) => came);
    const more = back.length < 2 ? 1 : (Math.max(...came) - Math.min(...came)) / (back.length - 1);
    return {
      up_kbps: rounded((rate(there) ?? 0) * Math.max(1, more)),
      down_kbps: rate(back.map(({ atMs }) => atMs)),
    };
  }
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function rounded<Value extends number | null>(value: Value): Value {
  return (value === null ? null : Math.floor(value * TENTH + 0.5) / TENTH) as Value;
}
