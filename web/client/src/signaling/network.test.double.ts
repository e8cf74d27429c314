/** A network, its time and the server at its end, for tests of the relay: it loses connections,
 * delays and repeats, as a seed says. Of the shape of the wire; knows nothing of the relay. */
import type { Bodies } from "../sessions/bodies";
import { KINDS, SERVER, type KindName, type Role } from "../sessions/events";
import { ContentKey, randomHex, seal, sha256, toBase64, ZEROS, type Bytes } from "../sessions/envelope";
import type { Admission } from "./admission";
import type { Clock } from "./clock";
import type { Frame, Wire } from "./wire";

declare const setImmediate: (job: () => void) => void;

/** Small, seeded, good enough. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time that passes only when everything else has come to rest. */
export class PlayedTime implements Clock {
  #now = 1_000_000;
  #jobs: { at: number; job: () => void }[] = [];
  #sealing = 0;

  /** Count what WebCrypto is still working on: it takes real time. */
  constructor() {
    for (const name of ["encrypt", "decrypt", "digest", "deriveKey", "importKey"] as const) {
      const real = crypto.subtle[name].bind(crypto.subtle) as (...args: unknown[]) => Promise<unknown>;
      const counted = async (...args: unknown[]) => {
        this.#sealing += 1;
        try {
          return await real(...args);
        } finally {
          this.#sealing -= 1;
        }
      };
      Object.defineProperty(crypto.subtle, name, { value: counted, configurable: true });
    }
  }

  /** WebCrypto as it was. */
  close(): void {
    for (const name of ["encrypt", "decrypt", "digest", "deriveKey", "importKey"] as const) {
      delete (crypto.subtle as unknown as Record<string, unknown>)[name];
    }
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, job: () => void): () => void {
    const entry = { at: this.#now + ms, job };
    this.#jobs.push(entry);
    return () => {
      this.#jobs = this.#jobs.filter((other) => other !== entry);
    };
  }

  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise<void>((go) => setImmediate(go));
      if (this.#sealing > 0) quiet = -1;
    }
  }

  /** Let time pass until `done`, or `ms` are over. True if done. */
  async until(done: () => boolean, ms = 600_000): Promise<boolean> {
    const end = this.#now + ms;
    await this.rest();
    while (!done()) {
      this.#jobs.sort((one, other) => one.at - other.at);
      const next = this.#jobs[0];
      if (next === undefined || next.at > end) {
        this.#now = end;
        return done();
      }
      this.#jobs.shift();
      this.#now = next.at;
      next.job();
      await this.rest();
    }
    return true;
  }
}

export interface Weather {
  /** Chance that a frame takes the whole connection down with it, lost. */
  loss: number;
  /** Chance that an event frame comes twice. */
  twice: number;
  /** Longest delay of a frame, ms. Order is kept, as TCP does. */
  delayMs: number;
}

interface Ear {
  participant: string;
  sender: string;
  push(frame: Frame): void;
}

/** The server: one session, its log, who is connected. */
export class PlayServer {
  readonly session = randomHex(32);
  readonly contentKey: Bytes = crypto.getRandomValues(new Uint8Array(32));
  readonly log: Frame[] = [];
  logEpoch = "first";
  /** Who has a seat, and as what; anybody else is a prospect without one. */
  readonly roles = new Map<string, Role>();
  weather: Weather = { loss: 0, twice: 0, delayMs: 20 };
  connections = 0;
  /** Last word before a frame leaves for this participant: null drops it. */
  bend: (frame: Frame, participant: string) => Frame | null = (frame) => frame;
  /** Whether a page is told that another one of its person is connected. */
  tells = false;
  /** Whether a word is lost on its way up, over a connection that stays. */
  swallow: () => boolean = () => false;
  /** Answer to a send instead of doing it, or null. */
  answer: (send: Record<string, unknown>) => object | null = () => null;
  readonly time: PlayedTime;
  /** Who sits there, as the log said; of a guest the log up to `since` is told to nobody else than others. */
  readonly #seats = new Map<string, { body: Bodies["participant.joined"]; since: number; before: Bodies["participant.joined"][] }>();
  #said: { counter: number; previous: Bytes } = { counter: 0, previous: ZEROS };
  readonly #random: () => number;
  readonly #ears = new Set<Ear>();
  readonly #ends = new Map<(code?: number) => void, () => string | undefined>();

  constructor(time: PlayedTime, random: () => number) {
    this.time = time;
    this.#random = random;
  }

  admission(participant: string): Admission {
    return {
      ticket: participant,
      session: this.session,
      participant,
      role: this.roles.get(participant) ?? "prospect",
      state: "active",
      epoch: 1,
      contentKey: this.contentKey.slice(),
      affinity: null,
      logEpoch: this.logEpoch,
      iceServers: [],
      icePolicy: "all",
      me: { name: "", title: "" },
      position: null,
      since: this.#seats.get(participant)?.since ?? 0,
      people: this.#seats.get(participant)?.before ?? [],
    };
  }

  /** Cut every connection, or those of one person, or close it with a code. */
  cut(code?: number, whose?: string): void {
    for (const [end, who] of this.#ends) if (whose === undefined || who() === whose) end(code);
  }

  /** Somebody takes a seat. A guest hears nothing of what was before. */
  async seat(body: Bodies["participant.joined"]): Promise<void> {
    const guest = body.role === "guest";
    const before = guest ? Array.from(this.#seats.values(), (one) => one.body) : [];
    this.roles.set(body.participant, body.role);
    this.#seats.set(body.participant, { body, since: guest ? this.log.length : 0, before });
    await this.#tell("participant.joined", body);
  }

  async unseat(participant: string, reason: Bodies["participant.left"]["reason"]): Promise<void> {
    this.roles.delete(participant);
    this.#seats.delete(participant);
    await this.#tell("participant.left", { participant, reason });
  }

  /** What the server itself says, logged. */
  async #tell(kind: KindName, body: object): Promise<void> {
    const sender = SERVER + SERVER;
    const [id, seq] = [randomHex(32), this.log.length + 1];
    const frame = { seq, id, sender, kind, at: this.time.now(), epoch: 1 };
    this.log.push(frame); // its place in the order, before it is sealed
    const key = await ContentKey.from(this.contentKey.slice(), this.session);
    const bytes = await seal(key, { ...frame, kind, session: this.session }, body, this.#said.counter, this.#said.previous);
    this.#said = { counter: this.#said.counter + 1, previous: await sha256(bytes) };
    this.log[seq - 1] = { ...frame, sealed: toBase64(bytes) };
    this.deliver({ ...frame, sealed: toBase64(bytes) });
  }

  /** Give a passing or logged frame to everybody else who is connected. */
  deliver(frame: Frame): void {
    for (const ear of this.#ears) {
      if (frame.seq !== null || ear.sender !== frame.sender) ear.push(frame);
    }
  }

  open(): Wire {
    const heard: Record<string, ((value?: unknown) => void)[]> = {};
    let [alive, clearAt] = [true, 0];
    const tell = (name: string, value?: unknown) => (heard[name] ?? []).forEach((ear) => ear(value));
    const end = (code?: number) => {
      if (!alive) return;
      alive = false;
      this.#ends.delete(end);
      for (const ear of this.#ears) if (ear === mine) this.#ears.delete(ear);
      this.time.after(1, () => tell("disconnect", code));
    };
    const carry = (job: () => void) => {
      if (!alive) return;
      if (this.#random() < this.weather.loss) return end();
      clearAt = Math.max(clearAt, this.time.now() + 1 + this.#random() * this.weather.delayMs);
      this.time.after(clearAt - this.time.now(), () => alive && job());
    };
    let mine: Ear | null = null;
    this.#ends.set(end, () => mine?.participant);
    this.connections += 1;
    carry(() => tell("connect"));
    return {
      on: (name: string, ear: (value?: never) => void) => (heard[name] ??= []).push(ear as () => void),
      emit: (word: string, argument: object, answered?: (answer: unknown) => void) => {
        const back = (answer: object) => answered && carry(() => answered(structuredClone(answer)));
        if (this.swallow()) return;
        carry(() => {
          if (word === "join") mine = this.#join(argument as never, back, carry, tell);
          else if (word === "send" && mine) this.#send(argument as never, mine, back);
          else back({ ok: true });
        });
      },
      close: () => {
        heard["disconnect"] = [];
        end();
      },
    };
  }

  #join(
    { ticket, after, log_epoch }: { ticket: string; after: number; log_epoch: string | null },
    back: (answer: object) => void,
    carry: (job: () => void) => void,
    tell: (name: string, value: unknown) => void,
  ): Ear {
    const reload = (log_epoch !== null && log_epoch !== this.logEpoch) || after > this.log.length;
    const sender = ticket + randomHex(16);
    const push = (frame: Frame) => {
      const bent = this.bend(frame, ticket);
      if (bent === null) return;
      carry(() => tell("event", bent));
      if (this.#random() < this.weather.twice) carry(() => tell("event", bent));
    };
    const ear = { participant: ticket, sender, push };
    const answer = { ok: true, sender, participant: ticket, seq: this.log.length };
    const roster = Array.from(this.roles, ([participant, role]) => ({ participant, role, present: true, stage: "seated" }));
    const elsewhere = this.tells && Array.from(this.#ears).some(({ participant }) => participant === ticket);
    const facts = { role: this.roles.get(ticket) ?? "prospect", state: "active", log_epoch: this.logEpoch, roster, elsewhere };
    back({ ...answer, ...facts, ...(reload ? { reload } : {}) });
    for (const frame of this.log.slice(Math.max(reload ? 0 : after, this.#seats.get(ticket)?.since ?? 0))) push(frame);
    this.#ears.add(ear);
    return ear;
  }

  #send(send: Record<string, unknown>, ear: Ear, back: (answer: object) => void): void {
    const refusal = this.answer(send);
    if (refusal !== null) return back(refusal);
    const { id, kind } = send as { id: string; kind: KindName };
    if (kind === "link.check") return back({ ok: true, seq: null });
    const known = this.log.find((frame) => frame.id === id);
    if (known) return back({ ok: true, seq: known.seq });
    const logged = KINDS[kind].lane === "logged";
    const seq = logged ? this.log.length + 1 : null;
    const frame = { ...send, seq, sender: ear.sender, at: this.time.now() } as unknown as Frame;
    if (logged) this.log.push(frame);
    this.deliver(frame);
    back({ ok: true, seq });
  }
}
