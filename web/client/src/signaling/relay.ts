/** The page's end of the relay: says what happens, loses nothing of it, and hears everything that
 * happens in order and once. It does not know what the events mean. */
import type { Bodies } from "../sessions/bodies";
import { ContentKey } from "../sessions/envelope";
import { KINDS, SERVER, type KindName, type Role, type State } from "../sessions/events";
import type { Opened } from "../sessions/opened";
import type { RosterRow } from "../sessions/session";
import { AdmissionRefused, type Admission } from "./admission";
import { wallClock, type Clock } from "./clock";
import { Connection, type Status } from "./connection";
import { Inbox, type Trouble } from "./inbox";
import { Listeners } from "./listeners";
import { RelayRefused, type Pending, type Sent } from "./outbox";
import { Shelf, tabStore, type Store } from "./shelf";
import { Speaker } from "./speaker";
import { openWire, type JoinAnswer, type OpenWire } from "./wire";

export type { Admission, Pending, Sent, Status, Trouble };
export { AdmissionRefused, RelayRefused };

export interface Joined {
  readonly participant: string | null;
  readonly role: Role;
  readonly state: State | null;
  /** Head of the log at that moment: up to here it is replayed, not news. */
  readonly seq: number;
  readonly roster: readonly RosterRow[];
  /** Another page of this person is connected. */
  readonly elsewhere: boolean;
}

interface RelayEvents {
  [name: string]: unknown[];
  event: [event: Opened];
  status: [status: Status];
  joined: [joined: Joined];
  /** The log is another one: forget everything, it is told again from 1. */
  reset: [];
  pending: [pending: readonly Pending[]];
  /** `id` null: this page is not admitted any more. */
  refused: [refused: { id: string | null; kind: KindName | null; code: string }];
  integrity: [trouble: Trouble];
}

export interface RelayOptions {
  /** A fresh ticket; asked for at every connection. */
  admit(): Promise<Admission>;
  url?: string;
  wire?: OpenWire;
  clock?: Clock;
  random?: () => number;
  /** Where unsent events survive a reload, sealed; null: nowhere. */
  store?: Store | null;
}

export class Relay {
  admission: Admission | null = null;
  roster: readonly RosterRow[] = [];
  readonly #clock: Clock;
  readonly #admit: () => Promise<Admission>;
  readonly #listeners = new Listeners<RelayEvents>();
  readonly #inbox: Inbox;
  readonly #speaker: Speaker;
  readonly #connection: Connection;
  #logEpoch: string | null = null;
  #admittedAt = 0;

  constructor(options: RelayOptions) {
    const { admit, url, wire = openWire, clock = wallClock, random = Math.random } = options;
    this.#clock = clock;
    this.#admit = admit;
    this.#inbox = new Inbox({
      opened: (event) => this.#opened(event),
      doubt: (trouble) => this.#listeners.tell("integrity", trouble),
      gap: () => this.#connection.lost(),
    });
    const shelf = new Shelf(options.store === undefined ? tabStore() : options.store);
    this.#speaker = new Speaker(clock, this.#inbox, shelf, {
      pending: () => this.#listeners.tell("pending", this.pending),
      refused: (id, kind, code) => this.#listeners.tell("refused", { id, kind, code }),
      lost: () => this.#connection.lost(),
    });
    const ends = {
      admit,
      admitted: (admission: Admission) => this.#admitted(admission),
      read: () => ({ after: this.#inbox.seq, log_epoch: this.#logEpoch }),
      joined: (answer: JoinAnswer) => this.#joined(answer),
      frame: (frame: unknown) => this.#inbox.take(frame),
      lost: () => this.#speaker.end(),
      refused: (code: string) => this.#refuseAll(code),
      status: (status: Status) => this.#listeners.tell("status", status),
    };
    this.#connection = new Connection(ends, wire, url, clock, random);
  }

  get status(): Status {
    return this.#connection.status;
  }

  get statusSince(): number {
    return this.#connection.statusSince;
  }

  /** When the next attempt starts, in ms since the epoch; null while none is planned. */
  get nextTryAt(): number | null {
    return this.#connection.nextTryAt;
  }

  /** What this page is called on its present connection; null while there is none. */
  get sender(): string | null {
    return this.#speaker.sender;
  }

  get offline(): boolean {
    return this.#connection.offline;
  }

  get pending(): readonly Pending[] {
    return this.#speaker.pending;
  }

  on<Name extends keyof RelayEvents & string>(
    name: Name,
    heard: (...facts: RelayEvents[Name]) => void,
  ): () => void {
    return this.#listeners.on(name, heard);
  }

  start(): void {
    this.#connection.start();
  }

  /** There is reason to doubt that we are connected: not answered within `ms`, come back anew. */
  check(ms: number): void {
    this.#connection.check(ms);
  }

  /** Close the connection and send nothing more. The seat is kept. */
  stop(): void {
    this.#connection.stop();
    this.#speaker.refuseAll("closed", false);
  }

  /** Give the seat up, then stop. */
  async leave(): Promise<void> {
    const { wire } = this.#connection;
    if (wire !== null) {
      await new Promise<void>((done) => {
        const cancel = this.#clock.after(1_000, done);
        wire.emit("leave", {}, () => {
          cancel();
          done();
        });
      });
    }
    this.stop();
  }

  /** What a page needs from its admission may expire: ask for another one, if it is so old. */
  async renew(olderThanMs: number): Promise<Admission | null> {
    if (this.#clock.now() - this.#admittedAt > olderThanMs) {
      const admission = await this.#admit().catch(() => null);
      if (admission !== null) await this.#admitted(admission);
    }
    return this.admission;
  }

  /** Logged kinds: kept and repeated until the log has them, in order. Passing kinds: now or never;
   * resolved whether they arrived or not. Rejects with `RelayRefused`. */
  send<K extends KindName>(kind: K, body: Bodies[K], id?: string): Promise<Sent> {
    const sent = this.#send(kind, body, id);
    // A refusal is also told to the listeners; whoever does not wait for it need not handle it.
    sent.catch(() => undefined);
    return sent;
  }

  async #send(kind: KindName, body: Bodies[KindName], id?: string): Promise<Sent> {
    const over = this.status === "closed" || this.status === "refused";
    if (over && KINDS[kind].lane === "logged") throw new RelayRefused("closed");
    return this.#speaker.say(kind, body, id);
  }

  // -- joining

  async #admitted(admission: Admission): Promise<void> {
    const { contentKey, session, epoch, participant } = admission;
    this.#inbox.session = session;
    this.#inbox.me = participant;
    this.#inbox.begin(admission.since);
    this.admission = admission;
    this.#admittedAt = this.#clock.now();
    if (contentKey === null) return;
    const key = await ContentKey.from(contentKey, session);
    this.#inbox.addKey(epoch, key);
    await this.#speaker.admitted({ session, epoch, key });
  }

  #joined(answer: JoinAnswer): void {
    this.#inbox.renew();
    if (answer.reload === true) this.#inbox.forget();
    this.#logEpoch = answer.log_epoch;
    if (this.#connection.wire !== null) this.#speaker.begin(this.#connection.wire, answer.sender, answer.seq);
    this.roster = answer.roster as readonly RosterRow[];
    for (const { participant, role } of this.roster) this.#inbox.roles.set(participant, role);
    if (answer.reload === true) this.#listeners.tell("reset");
    const { participant, seq } = answer;
    const facts = { role: answer.role as Role, state: answer.state as State | null };
    this.#listeners.tell("joined", { participant, seq, ...facts, roster: this.roster, elsewhere: answer.elsewhere === true });
    for (const body of this.admission?.people ?? []) this.#opened(seated(body, this.#clock.now()));
  }

  #refuseAll(code: string): void {
    this.#speaker.refuseAll(code, true);
    this.#listeners.tell("refused", { id: null, kind: null, code });
  }

  #opened(event: Opened): void {
    if (event.kind === "participant.joined") {
      this.#inbox.roles.set(event.body.participant, event.body.role);
    }
    const ours = this.#speaker.heard(event);
    this.#listeners.tell("event", event);
    if (ours) this.#listeners.tell("pending", this.pending);
  }
}

/** That somebody sat there before the log begins for us, as the log would have told it. */
function seated(body: Bodies["participant.joined"], at: number): Opened {
  const facts = { seq: null, id: SERVER + SERVER, sender: SERVER + SERVER, participant: SERVER, mine: false } as const;
  return { ...facts, kind: "participant.joined", role: "server", at, body };
}
