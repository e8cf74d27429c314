/** One connection after the other to one channel: a fresh ticket, join, and again after a loss.
 * It does not know what is sent over it, nor what comes. */
import { randomHex } from "../sessions/envelope";
import { AdmissionRefused, NotNow, type Admission } from "./admission";
import type { Clock } from "./clock";
import type { JoinAnswer, OpenWire, Wire } from "./wire";

/** moving: the server asked us to come back, and for a moment nobody needs to hear of it. */
export type Status = "connecting" | "open" | "moving" | "reconnecting" | "refused" | "closed";

export interface Ends {
  admit(): Promise<Admission>;
  /** Admitted; before anything is opened. */
  admitted(admission: Admission): Promise<void>;
  /** How far which log was read. */
  read(): { after: number; log_epoch: string | null };
  joined(answer: JoinAnswer): void;
  frame(frame: unknown): void;
  /** What was said and not answered is unknown now. */
  lost(): void;
  refused(code: string): void;
  status(status: Status): void;
}

const JOIN_MS = 8_000;
/** Whoever holds the socket answers pings; only an answered event shows that we are heard. */
const CHECK_MS = 8_000;
const ANSWER_MS = 8_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const OFFLINE_WAIT_MS = 5_000;
/** From one network to the next a browser may say "offline" for a second in which it is not. */
const OFFLINE_TRIES = 3;
/** What is sent while a network comes up may be lost, and TCP says it again after a second. */
const ASK_AGAIN_MS = 400;
/** A node that leaves closes with this: come back at once, to whoever answers then. */
const RESTARTING = 1012;
const MOVE_MS = 8_000;

export class Connection {
  status: Status = "closed";
  statusSince: number;
  /** When the next attempt starts, in ms since the epoch; null while none is planned. */
  nextTryAt: number | null = null;
  /** Null unless joined. */
  wire: Wire | null = null;
  readonly #ends: Ends;
  readonly #openWire: (affinity: string | null) => Wire;
  readonly #clock: Clock;
  readonly #random: () => number;
  #trying: Wire | null = null;
  #attempt = 0;
  #failures = 0;
  #everOpen = false;
  #cancel = () => {};

  constructor(ends: Ends, open: OpenWire, url: string | undefined, clock: Clock, random: () => number) {
    this.#ends = ends;
    this.#openWire = (affinity) => open(url, affinity);
    this.#clock = clock;
    this.#random = random;
    this.statusSince = clock.now();
  }

  get offline(): boolean {
    return typeof navigator === "object" && navigator.onLine === false;
  }

  start(): void {
    if (this.status !== "closed") return;
    this.#watchNetwork(true);
    this.#say("connecting");
    void this.#connect();
  }

  stop(status: "closed" | "refused" = "closed"): void {
    this.#watchNetwork(false);
    this.#drop();
    this.#say(status);
  }

  /** Give this connection up; the next one comes by itself. */
  lost(retryMs: number | null = null, code?: number): void {
    if (this.status === "closed" || this.status === "refused") return;
    this.#drop();
    const moved = code === RESTARTING;
    const moving = this.status === "moving" && this.#clock.now() - this.statusSince < MOVE_MS;
    this.#say(moved || moving ? "moving" : this.#everOpen ? "reconnecting" : "connecting");
    const wait = moved ? 0 : retryMs === null ? this.#wait() : retryMs * (1 + this.#random() / 2);
    if (this.status !== "moving") this.#failures += 1;
    this.nextTryAt = this.#clock.now() + wait;
    this.#cancel = this.#clock.after(wait, () => void this.#connect());
  }

  /** All that were lost at once must not come back at once: anywhere below a ceiling that doubles.
   * Offline, as browsers tell it, is a hint: they are wrong on some machines. */
  #wait(): number {
    if (this.offline && this.#failures > OFFLINE_TRIES) return OFFLINE_WAIT_MS;
    if (this.status === "moving") return FIRST_WAIT_MS * (1 + this.#random()); // it is there in a moment
    return this.#random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
  }

  async #connect(hurried = false): Promise<void> {
    const attempt = ++this.#attempt;
    this.nextTryAt = null;
    try {
      const admission = await (hurried ? this.#askTwice() : this.#ends.admit());
      if (attempt !== this.#attempt) return;
      await this.#ends.admitted(admission);
      if (attempt === this.#attempt) this.#open(admission, attempt);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof AdmissionRefused) {
        this.stop("refused");
        this.#ends.refused(error.code);
      } else this.lost(error instanceof NotNow ? error.retryMs : null);
    }
  }

  /** The first answer counts. */
  #askTwice(): Promise<Admission> {
    const first = this.#ends.admit();
    const second = new Promise<Admission>((resolve, reject) => {
      const cancel = this.#clock.after(ASK_AGAIN_MS, () => this.#ends.admit().then(resolve, reject));
      first.then(cancel, cancel);
    });
    return Promise.race([first, second]);
  }

  #open({ ticket, affinity }: Admission, attempt: number): void {
    const wire = this.#openWire(affinity);
    this.#trying = wire;
    const current = () => attempt === this.#attempt;
    const lost = (code?: number) => current() && this.lost(null, code);
    this.#cancel = this.#clock.after(JOIN_MS, () => lost());
    wire.on("disconnect", lost);
    wire.on("event", (frame) => current() && this.wire !== null && this.#ends.frame(frame));
    wire.on("connect", () => {
      if (!current()) return;
      wire.emit("join", { ticket, ...this.#ends.read() }, (answer) => {
        if (current()) this.#joined(wire, answer as JoinAnswer);
      });
    });
  }

  #joined(wire: Wire, answer: JoinAnswer): void {
    if (!answer.ok) {
      this.lost(answer.retry_ms ?? null);
      return;
    }
    this.#cancel();
    this.#watch(wire);
    this.wire = wire;
    this.#everOpen = true;
    this.#ends.joined(answer);
    this.#say("open");
  }

  /** Not answered within `ms`, and half as much by lot, this connection is given up for a new one at
   * once. */
  check(ms: number): void {
    if (this.wire === null) return;
    this.#cancel();
    this.#ask(this.wire, ms * (1 + this.#random() / 2), this.#tryNow);
  }

  #watch(wire: Wire): void {
    this.#cancel = this.#clock.after(CHECK_MS, () => this.#ask(wire, ANSWER_MS, () => this.lost()));
  }

  #ask(wire: Wire, ms: number, unanswered: () => void): void {
    this.#cancel = this.#clock.after(ms, unanswered);
    wire.emit("send", { id: randomHex(32), kind: "link.check", body: {} }, () => {
      if (wire !== this.wire) return;
      this.#failures = 0; // the next loss counts as the first again
      this.#cancel();
      this.#watch(wire);
    });
  }

  #drop(): void {
    this.#attempt += 1;
    this.#cancel();
    this.nextTryAt = null;
    this.#trying?.close();
    this.#trying = null;
    this.wire = null;
    this.#ends.lost();
  }

  #say(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    this.statusSince = this.#clock.now();
    this.#ends.status(status);
  }

  #watchNetwork(watch: boolean): void {
    if (typeof window !== "object") return;
    const listen = watch ? "addEventListener" : "removeEventListener";
    window[listen]("online", this.#tryNow);
    window[listen]("offline", this.#wentOffline);
    document[listen]("visibilitychange", this.#becameVisible);
  }

  /** A connection over a network that was left may hang for long: a new one costs little. */
  readonly #tryNow = (): void => {
    this.#failures = 0;
    this.#drop();
    this.#say(this.#everOpen ? "reconnecting" : "connecting");
    void this.#connect(true);
  };
  readonly #wentOffline = (): void => this.lost();
  readonly #becameVisible = (): void => {
    if (document.visibilityState === "visible" && this.nextTryAt !== null) this.#tryNow();
  };
}
