/** What this person agrees to and takes back, as the log is told of it: each entry names the digest of
    the one before, so that none can be left out or moved unnoticed. Knows no device and no screen. */
import type { Bodies, Purpose } from "../sessions/bodies";
import { hex, sha256 } from "../sessions/envelope";
import { versionOf } from "../texts";

export type Entry = Bodies["consent.changed"];

export class ConsentLedger {
  readonly #say: (entry: Entry) => Promise<unknown>;
  /** The digest of the last entry; empty before the first. */
  #tip = Promise.resolve("");
  #said = false;

  constructor(say: (entry: Entry) => Promise<unknown>) {
    this.#say = say;
  }

  /** An entry of this person's came from the log; once something was said here, we know better. */
  heard(entry: Entry): void {
    if (!this.#said) this.#tip = digest(entry);
  }

  /** Resolves once it is in the log. */
  change(purpose: Purpose, given: boolean): Promise<unknown> {
    this.#said = true;
    const entry = this.#tip.then((previous) => ({ purpose, given, ...versionOf(purpose), previous }));
    this.#tip = entry.then(digest);
    return entry.then(this.#say);
  }
}

/** Hexadecimal; PROTOCOL.md, Consents. */
export function digest({ purpose, given, text, previous, text_version }: Entry): Promise<string> {
  const line = ["visavis/1|consent", purpose, given, text, previous, text_version].join("|");
  return sha256(new TextEncoder().encode(line)).then(hex);
}
