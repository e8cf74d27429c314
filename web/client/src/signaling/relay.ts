/** The page's end of the relay: says what happens, loses nothing of it, and hears everything that
 * happens in order and once. It does not know what the events mean. */
import { fits, type Bodies } from "../sessions/bodies";
import { ContentKey, randomHex, seal, toBase64, ZEROS, type Bytes } from "../sessions/envelope";
import { KINDS, type KindName, type Role, type State } from "../sessions/events";
import type { Opened } from "../sessions/opened";
import type { RosterRow } from "../sessions/session";
import { AdmissionRefused, type Admission } from "./admission";
import { wallClock, type Clock } from "./clock";
import { Connection, type Status } from "./connection";
import { Inbox, type Trouble } from "./inbox";
import { Listeners } from "./listeners";
import { Outbox, RelayRefused, type Pending, type Sent } from "./outbox";
import { Pace } from "./pace";
import { Shelf, tabStore, type Store, type Unsent } from "./shelf";
import { openWire, type JoinAnswer, type OpenWire, type SendAnswer, type Wire } from "./wire";

export type { Admission, Pending, Sent, Status, Trouble };
export { AdmissionRefused, RelayRefused };

export interface Joined {
  readonly participant: string | null;
  readonly role: Role;
  readonly state: State | null;
  /** Head of the log at that moment: up to here it is replayed, not news. */
  readonly seq: number;
  readonly roster: readonly RosterRow[];
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

const ACK_MS = 5_000;
const TRIES = 3;
/** So many random nonces are safe under the key of one sender; then a new connection, a new one. */
const EVENTS_PER_SENDER = 2 ** 20;

/** What this connection speaks with. */
interface Voice {
  readonly wire: Wire;
  readonly sender: string;
  readonly session: string;
  readonly epoch: number;
  readonly key: ContentKey;
  passed: number;
}

export class Relay {
  admission: Admission | null = null;
  roster: readonly RosterRow[] = [];
  readonly #clock: Clock;
  readonly #admit: () => Promise<Admission>;
  readonly #listeners = new Listeners<RelayEvents>();
  readonly #outbox = new Outbox();
  readonly #inbox: Inbox;
  readonly #pace: Pace;
  readonly #connection: Connection;
  readonly #shelf: Shelf;
  #taken = false;
  #voice: Voice | null = null;
  #logEpoch: string | null = null;
  #head = 0;
  #admittedAt = 0;
  #inFlight: string | null = null;
  #sealed: { id: string; sender: string; bytes: Bytes } | null = null;
  #cancelAck = () => {};

  constructor(options: RelayOptions) {
    const { admit, url, wire = openWire, clock = wallClock, random = Math.random } = options;
    this.#clock = clock;
    this.#admit = admit;
    this.#shelf = new Shelf(options.store === undefined ? tabStore() : options.store);
    this.#pace = new Pace(clock);
    this.#inbox = new Inbox({
      opened: (event) => this.#opened(event),
      doubt: (trouble) => this.#listeners.tell("integrity", trouble),
      gap: () => this.#connection.lost(),
    });
    const ends = {
      admit,
      admitted: (admission: Admission) => this.#admitted(admission),
      read: () => ({ after: this.#inbox.seq, log_epoch: this.#logEpoch }),
      joined: (answer: JoinAnswer) => this.#joined(answer),
      frame: (frame: unknown) => this.#inbox.take(frame),
      lost: () => this.#silent(),
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
    return this.#voice?.sender ?? null;
  }

  get offline(): boolean {
    return this.#connection.offline;
  }

  get pending(): readonly Pending[] {
    return this.#outbox.pending;
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

  /** Close the connection and send nothing more. The seat is kept. */
  stop(): void {
    this.#connection.stop();
    this.#outbox.refuseAll("closed");
    this.#listeners.tell("pending", []);
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
  send<K extends KindName>(kind: K, body: Bodies[K]): Promise<Sent> {
    const sent = this.#send(kind, body);
    // A refusal is also told to the listeners; whoever does not wait for it need not handle it.
    sent.catch(() => undefined);
    return sent;
  }

  async #send(kind: KindName, body: Bodies[KindName]): Promise<Sent> {
    if (!fits(kind, body)) throw new RelayRefused("body.invalid");
    if (KINDS[kind].lane === "passing") return this.#pass(kind, body);
    if (this.status === "closed" || this.status === "refused") throw new RelayRefused("closed");
    const id = randomHex(32);
    const sent = this.#outbox.add({ id, kind, body }, this.#clock.now());
    this.#keep({ id, kind, body });
    this.#listeners.tell("pending", this.pending);
    void this.#pump();
    return sent;
  }

  // -- joining

  async #admitted(admission: Admission): Promise<void> {
    const { contentKey, session, epoch, participant } = admission;
    if (contentKey !== null) this.#inbox.addKey(epoch, await ContentKey.from(contentKey, session));
    this.#inbox.session = session;
    this.#inbox.me = participant;
    this.admission = admission;
    this.#admittedAt = this.#clock.now();
    await this.#takeUp(this.#inbox.key(epoch), session);
  }

  /** Once: what this tab said before a reload goes out first, with the ids it had. */
  async #takeUp(key: ContentKey | undefined, session: string): Promise<void> {
    if (this.#taken || key === undefined) return;
    this.#taken = true;
    const said = this.pending;
    for (const item of await this.#shelf.take(key, session)) {
      this.#outbox.add(item, this.#clock.now()).catch(() => undefined);
    }
    this.#outbox.toBack(said.map((item) => item.id));
    for (const item of said) this.#keep(item);
    if (this.pending.length > 0) this.#listeners.tell("pending", this.pending);
  }

  #keep(item: Unsent): void {
    if (this.admission === null) return;
    const { session, epoch } = this.admission;
    const key = this.#inbox.key(epoch);
    if (key !== undefined) void this.#shelf.keep(key, session, epoch, item);
  }

  #joined(answer: JoinAnswer): void {
    this.#inbox.renew();
    if (answer.reload === true) this.#inbox.forget();
    this.#logEpoch = answer.log_epoch;
    this.#head = answer.seq;
    this.#voice = this.#speakAs(answer.sender);
    this.roster = answer.roster as readonly RosterRow[];
    for (const { participant, role } of this.roster) this.#inbox.roles.set(participant, role);
    if (answer.reload === true) this.#listeners.tell("reset");
    const { participant, seq } = answer;
    const facts = { role: answer.role as Role, state: answer.state as State | null };
    this.#listeners.tell("joined", { participant, seq, ...facts, roster: this.roster });
    void this.#pump();
  }

  #speakAs(sender: string | null): Voice | null {
    const { wire } = this.#connection;
    const key = this.#inbox.key(this.admission?.epoch ?? 0);
    if (!wire || !sender || !key || !this.admission) return null;
    const { session, epoch } = this.admission;
    return { wire, sender, session, epoch, key, passed: 0 };
  }

  #silent(): void {
    this.#cancelAck();
    this.#inFlight = null;
    this.#voice = null;
  }

  #refuseAll(code: string): void {
    this.#outbox.refuseAll(code);
    this.#shelf.clear();
    this.#listeners.tell("pending", []);
    this.#listeners.tell("refused", { id: null, kind: null, code });
  }

  // -- speaking

  async #pass(kind: KindName, body: Bodies[KindName]): Promise<Sent> {
    const id = randomHex(32);
    const voice = this.#voice;
    // Signs of a call wait for their turn; anything else is worthless later.
    if (voice === null || !(await this.#pace.turn(kind.startsWith("call.") ? 60 : 0))) {
      return { id, seq: null };
    }
    const { wire, sender, session, epoch, key } = voice;
    if (KINDS[kind].clear) {
      if (voice === this.#voice) wire.emit("send", { id, kind, body });
      return { id, seq: null };
    }
    const counter = voice.passed++;
    const header = { session, sender, id, kind, epoch };
    const sealed = toBase64(await seal(key, header, body, counter, ZEROS));
    if (voice === this.#voice) wire.emit("send", { id, kind, epoch, sealed });
    if (counter >= EVENTS_PER_SENDER / 2) this.#connection.lost();
    return { id, seq: null };
  }

  /** Say the first of the outbox, if it is its turn: joined, caught up, nothing in flight. */
  async #pump(): Promise<void> {
    const item = this.#outbox.first;
    const voice = this.#voice;
    if (!item || !voice || this.#inFlight !== null || this.#inbox.seq < this.#head) return;
    this.#inFlight = item.id;
    await this.#pace.turn(Number.POSITIVE_INFINITY);
    const bytes = await this.#seal(item, voice);
    if (voice !== this.#voice || this.#inFlight !== item.id) return;
    if (bytes.length > KINDS[item.kind].maxBytes) this.#refused(item, { code: "too.large" });
    else this.#emit(voice, item, bytes, 1);
  }

  /** Once per sender: a repetition must be the same bytes. */
  async #seal({ id, kind, body }: Pending, { key, sender, session, epoch }: Voice): Promise<Bytes> {
    if (this.#sealed?.id === id && this.#sealed.sender === sender) return this.#sealed.bytes;
    const { counter, previous } = this.#inbox.chains.end(sender);
    const bytes = await seal(key, { session, sender, id, kind, epoch }, body, counter, previous);
    this.#sealed = { id, sender, bytes };
    return bytes;
  }

  #emit(voice: Voice, item: Pending, bytes: Bytes, time: number): void {
    const again = (ms: number) => {
      this.#cancelAck();
      this.#cancelAck = this.#clock.after(ms, () => {
        if (time >= TRIES) this.#connection.lost();
        else this.#emit(voice, item, bytes, time + 1);
      });
    };
    again(ACK_MS);
    const { id, kind } = item;
    voice.wire.emit("send", { id, kind, epoch: voice.epoch, sealed: toBase64(bytes) }, (reply) => {
      const answer = reply as SendAnswer;
      if (voice !== this.#voice || this.#inFlight !== id) return;
      if (answer.ok) this.#acknowledged(id, answer.seq ?? null);
      else if (answer.code === "retry" || answer.code === "too.fast") again(answer.retry_ms ?? 1_000);
      else if (answer.code === "epoch.wrong") this.#connection.lost();
      else this.#refused(item, answer);
    });
  }

  /** Durable. It is confirmed when it comes back; if it does not, the connection is not well. */
  #acknowledged(id: string, seq: number | null): void {
    const passed = seq !== null && this.#inbox.seq >= seq; // it did come, and did not open
    this.#shelf.drop(id); // durable: a reload cannot lose it any more
    if (passed) this.#outbox.confirmed(id, seq);
    else this.#outbox.acknowledged(id, seq);
    this.#listeners.tell("pending", this.pending);
    this.#cancelAck();
    if (passed) {
      this.#settled();
      void this.#pump();
      return;
    }
    this.#cancelAck = this.#clock.after(ACK_MS, () => this.#connection.lost());
  }

  #refused({ id, kind }: Pending, { code = "unknown", field }: Partial<SendAnswer>): void {
    this.#settled();
    this.#shelf.drop(id);
    this.#outbox.refused(id, code, field ?? null);
    this.#listeners.tell("refused", { id, kind, code });
    this.#listeners.tell("pending", this.pending);
    void this.#pump();
  }

  #settled(): void {
    this.#cancelAck();
    this.#inFlight = null;
  }

  // -- hearing

  #opened(event: Opened): void {
    if (event.kind === "participant.joined") {
      this.#inbox.roles.set(event.body.participant, event.body.role);
    }
    if (this.#inFlight === event.id) this.#settled();
    const ours = event.mine && this.#outbox.confirmed(event.id, event.seq);
    if (ours) this.#shelf.drop(event.id);
    this.#listeners.tell("event", event);
    if (ours) this.#listeners.tell("pending", this.pending);
    void this.#pump();
  }
}
