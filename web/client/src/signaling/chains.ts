/** What each sender said so far, so that a relay that drops, repeats or reorders is noticed.
 * It does not know who sends, nor what is in the events. */
import { ZEROS, type Bytes } from "../sessions/envelope";

export interface Link {
  /** Of the next logged event. */
  readonly counter: number;
  /** SHA-256 of the last logged sealed bytes; zeros before the first. */
  readonly previous: Bytes;
}

const START: Link = { counter: 0, previous: ZEROS };
const WINDOW = 1024;

export class Chains {
  /** We came later: the first that we hear of somebody need not be the first that they said. */
  midway = false;
  readonly #logged = new Map<string, Link>();
  readonly #passing = new Map<string, { highest: number; seen: Set<number> }>();

  /** Where `sender`'s chain of logged events ends. */
  end(sender: string): Link {
    return this.#logged.get(sender) ?? START;
  }

  /** Take the next logged event; false if it does not follow the last one. */
  extend(sender: string, link: Link, hash: Bytes): boolean {
    const want = this.midway && !this.#logged.has(sender) ? link : this.end(sender);
    this.#logged.set(sender, { counter: link.counter + 1, previous: hash });
    return link.counter === want.counter && same(link.previous, want.previous);
  }

  /** An event that did not open takes its place in the chain all the same. */
  skip(sender: string, hash: Bytes): void {
    this.#logged.set(sender, { counter: this.end(sender).counter + 1, previous: hash });
  }

  /** Whether this passing event is heard for the first time. Loss is no fault in this lane. */
  first(sender: string, counter: number): boolean {
    const known = this.#passing.get(sender) ?? { highest: -1, seen: new Set<number>() };
    this.#passing.set(sender, known);
    if (counter <= known.highest - WINDOW || known.seen.has(counter)) return false;
    known.seen.add(counter);
    known.highest = Math.max(known.highest, counter);
    if (known.seen.size > 2 * WINDOW) {
      for (const old of known.seen) if (old <= known.highest - WINDOW) known.seen.delete(old);
    }
    return true;
  }
}

function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
