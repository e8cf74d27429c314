/** What this page says, over whatever connection there is: logged events in order, one in flight,
 * until the log has given them back; passing events now or never. It does not know how connections
 * come about, nor what is said. */
import { fits, type Bodies } from "../sessions/bodies";
import { randomHex, seal, toBase64, ZEROS, type Bytes, type ContentKey } from "../sessions/envelope";
import { KINDS, type KindName } from "../sessions/events";
import type { Opened } from "../sessions/opened";
import type { Clock } from "./clock";
import type { Inbox } from "./inbox";
import { Outbox, RelayRefused, type Pending, type Sent } from "./outbox";
import { Pace } from "./pace";
import type { Shelf, Unsent } from "./shelf";
import type { SendAnswer, Wire } from "./wire";

/** Under which key what is said is sealed. */
export interface Sealing {
  readonly session: string;
  readonly epoch: number;
  readonly key: ContentKey;
}

/** What one connection speaks with. */
interface Voice extends Sealing {
  readonly wire: Wire;
  readonly sender: string;
  passed: number;
}

interface Ears {
  pending(): void;
  refused(id: string, kind: KindName, code: string): void;
  /** The connection is not well, or used up. */
  lost(): void;
}

/** The server counts each of these by itself, and drops what is too much: the next one says it all. */
const COALESCED: ReadonlySet<KindName> = new Set(["chat.typing", "board.stroke", "board.pointer", "board.view"]);
const COALESCED_PER_SECOND = 27;

const ACK_MS = 5_000;
const TRIES = 3;
/** So many random nonces are safe under the key of one sender; then a new connection, a new one. */
const EVENTS_PER_SENDER = 2 ** 20;

export class Speaker {
  readonly #clock: Clock;
  readonly #inbox: Inbox;
  readonly #shelf: Shelf;
  readonly #ears: Ears;
  readonly #outbox = new Outbox();
  readonly #pace: Pace;
  readonly #coalesced = new Map<KindName, Pace>();
  #sealing: Sealing | null = null;
  #voice: Voice | null = null;
  #head = 0;
  #inFlight: string | null = null;
  #sealed: { id: string; sender: string; bytes: Bytes } | null = null;
  #cancelAck = () => {};

  constructor(clock: Clock, inbox: Inbox, shelf: Shelf, ears: Ears) {
    this.#clock = clock;
    this.#inbox = inbox;
    this.#shelf = shelf;
    this.#ears = ears;
    this.#pace = new Pace(clock);
  }

  get pending(): readonly Pending[] {
    return this.#outbox.pending;
  }

  get sender(): string | null {
    return this.#voice?.sender ?? null;
  }

  /** Admitted. The first time: what this tab said before a reload goes out first, with its ids. */
  async admitted(sealing: Sealing): Promise<void> {
    const first = this.#sealing === null;
    this.#sealing = sealing;
    if (!first) return;
    const said = this.pending;
    for (const item of await this.#shelf.take(sealing.key, sealing.session)) {
      this.#outbox.add(item, this.#clock.now()).catch(() => undefined);
    }
    this.#outbox.toBack(said.map((item) => item.id));
    for (const item of said) this.#keep(item);
    if (this.pending.length > 0) this.#ears.pending();
  }

  /** Joined as `sender`; nothing logged is said before the log was read up to `head`. */
  begin(wire: Wire, sender: string | null, head: number): void {
    this.#head = head;
    this.#voice = sender && this.#sealing ? { ...this.#sealing, wire, sender, passed: 0 } : null;
    void this.#pump();
  }

  /** The connection is gone: what was said over it and not answered is unknown. */
  end(): void {
    this.#settled();
    this.#voice = null;
  }

  /** Nothing more will be said; `forget`: and not after a reload either. */
  refuseAll(code: string, forget: boolean): void {
    this.#outbox.refuseAll(code);
    if (forget) this.#shelf.clear();
    this.#ears.pending();
  }

  async say(kind: KindName, body: Bodies[KindName], id = randomHex(32)): Promise<Sent> {
    if (!fits(kind, body)) throw new RelayRefused("body.invalid");
    if (KINDS[kind].lane === "passing") return this.#pass(kind, body);
    const item = { id, kind, body };
    const sent = this.#outbox.add(item, this.#clock.now());
    this.#keep(item);
    this.#ears.pending();
    void this.#pump();
    return sent;
  }

  /** An event came: true if it is one of ours, which thereby is confirmed. */
  heard({ id, mine, seq }: Opened): boolean {
    if (this.#inFlight === id) this.#settled();
    const ours = mine && this.#outbox.confirmed(id, seq);
    if (ours) this.#shelf.drop(id);
    void this.#pump();
    return ours;
  }

  #keep(item: Unsent): void {
    if (this.#sealing === null) return;
    const { key, session, epoch } = this.#sealing;
    void this.#shelf.keep(key, session, epoch, item);
  }

  // -- passing

  async #pass(kind: KindName, body: Bodies[KindName]): Promise<Sent> {
    const sent = { id: randomHex(32), seq: null };
    const voice = this.#voice;
    // Signs of a call wait for their turn; anything else is worthless later.
    if (voice === null || !(await this.#paceOf(kind).turn(kind.startsWith("call.") ? 60 : 0))) return sent;
    const argument = KINDS[kind].clear ? { kind, body } : await this.#sealPassing(voice, sent.id, kind, body);
    if (voice === this.#voice) voice.wire.emit("send", { id: sent.id, ...argument });
    if (voice.passed >= EVENTS_PER_SENDER / 2) this.#ears.lost();
    return sent;
  }

  #paceOf(kind: KindName): Pace {
    if (!COALESCED.has(kind)) return this.#pace;
    const own = this.#coalesced.get(kind) ?? new Pace(this.#clock, COALESCED_PER_SECOND, COALESCED_PER_SECOND);
    this.#coalesced.set(kind, own);
    return own;
  }

  async #sealPassing(voice: Voice, id: string, kind: KindName, body: object): Promise<object> {
    const { key, session, sender, epoch } = voice;
    const counter = voice.passed++;
    const sealed = await seal(key, { session, sender, id, kind, epoch }, body, counter, ZEROS);
    return { kind, epoch, sealed: toBase64(sealed) };
  }

  // -- logged

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
        if (time >= TRIES) this.#ears.lost();
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
      else if (answer.code === "epoch.wrong") this.#ears.lost();
      else this.#refused(item, answer);
    });
  }

  /** Durable. It is confirmed when it comes back; if it does not, the connection is not well. */
  #acknowledged(id: string, seq: number | null): void {
    this.#shelf.drop(id); // a reload cannot lose it any more
    this.#cancelAck();
    if (seq !== null && this.#inbox.seq >= seq) {
      // It did come back, and could not be opened.
      this.#settled();
      this.#outbox.confirmed(id, seq);
      void this.#pump();
    } else {
      this.#outbox.acknowledged(id, seq);
      this.#cancelAck = this.#clock.after(ACK_MS, () => this.#ears.lost());
    }
    this.#ears.pending();
  }

  #refused({ id, kind }: Pending, { code = "unknown", field }: Partial<SendAnswer>): void {
    this.#settled();
    this.#shelf.drop(id);
    this.#outbox.refused(id, code, field ?? null);
    this.#ears.refused(id, kind, code);
    this.#ears.pending();
    void this.#pump();
  }

  #settled(): void {
    this.#cancelAck();
    this.#inFlight = null;
  }
}
