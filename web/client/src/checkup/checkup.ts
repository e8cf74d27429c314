/** The checkup of somebody who waits: when it runs, what it found, and who is told. Never in a talk.
 * Whether the microphone is heard is found out here on the device; only the word is told. */
import { checkLink } from "../call/linkCheck";
import type { Word } from "../call/view";
import type { Devices } from "../media/devices";
import type { Proof } from "../signaling/admission";
import type { Relay } from "../signaling/relay";
import { CheckupNote } from "./CheckupNote";
import { find, nothing, type Finding, type Microphone } from "./finding";
import { attempt, NotTried, type TrialOptions } from "./trial";

const LOOK_MS = 70; // a word is short, and must not fall between two looks
/** Who is answered at once is not held up; the page has enough to do at first. */
const FIRST_AFTER_MS = 1_000;
/** Speech in a room is louder than this, of 1. */
const HEARD = 0.3;

export interface CheckupOptions {
  readonly session: string;
  readonly proof: Proof;
  readonly relay: Pick<Relay, "admission" | "status" | "send" | "on">;
  readonly devices: Pick<Devices, "level" | "microphoneOn" | "microphone">;
  /** The far end is there. */
  readonly offered: boolean;
  /** Whether this page waits, now. */
  waits(): boolean;
  changed(): void;
  /** For tests. */
  readonly attempt?: (options: TrialOptions) => ReturnType<typeof attempt>;
  readonly checkLink?: () => Promise<Word>;
}

export class Checkup {
  readonly View = CheckupNote;
  running = false;
  finding: Finding | null = null;
  readonly #o: CheckupOptions;
  readonly #over = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #forget: () => void;
  #link: Word | null = null;
  #heard = false;
  #waitedMs = 0;

  constructor(options: CheckupOptions) {
    this.#o = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    // Another node, or one that was started anew, has not heard of it.
    this.#forget = options.relay.on("joined", () => this.#tell());
    void this.#reach();
  }

  /** The connection in one word; null before anything is known. */
  get word(): Word | null {
    const found = this.finding?.word;
    return found === "none" ? "poor" : (found ?? this.#link);
  }

  /** Try once more, as asked. */
  readonly again = (): void => void this.#run();

  stop(): void {
    this.#over.abort();
    clearInterval(this.#timer);
    this.#forget();
  }

  async #reach(): Promise<void> {
    this.#link = await (this.#o.checkLink ?? checkLink)();
    this.#o.changed();
  }

  #look(): void {
    if (!this.#o.waits()) return;
    const before = this.#microphone();
    this.#heard ||= before === "quiet" && this.#o.devices.level() >= HEARD;
    const microphone = this.#microphone();
    if (this.finding !== null && this.finding.microphone !== microphone) this.#found({ ...this.finding, microphone });
    if (this.#waitedMs >= FIRST_AFTER_MS) return;
    this.#waitedMs += LOOK_MS;
    if (this.#waitedMs >= FIRST_AFTER_MS) void this.#run();
  }

  #microphone(): Microphone {
    const { devices } = this.#o;
    if (!devices.microphoneOn || devices.microphone === null) return "off";
    return this.#heard ? "heard" : "quiet";
  }

  async #run(): Promise<void> {
    const { relay, session, proof, offered } = this.#o;
    const { signal } = this.#over;
    if (this.running || !offered || signal.aborted || relay.admission === null) return;
    this.#become(true);
    try {
      const { admission } = relay;
      const trial = await (this.#o.attempt ?? attempt)({ session, proof, admission, signal });
      const microphone = this.#microphone();
      this.#found(trial === null ? nothing(microphone) : find(trial.figures, trial.path, microphone));
    } catch (error) {
      if (!(error instanceof NotTried)) throw error; // else: no finding, and nothing to say about it
    } finally {
      this.#become(false);
    }
  }

  #become(running: boolean): void {
    this.running = running;
    if (!this.#over.signal.aborted) this.#o.changed();
  }

  #found(finding: Finding): void {
    if (this.#over.signal.aborted || !this.#o.waits()) return;
    this.finding = finding;
    this.#tell();
    this.#o.changed();
  }

  #tell(): void {
    if (this.finding !== null) void this.#o.relay.send("checkup.result", this.finding).catch(() => undefined);
  }
}
