/** Who is in a talk beside the two whose talk it is, and picture and sound with them: everybody has one
 * connection to each guest (media/call.ts has the one between prospect and advisor). It knows roles and
 * signs, and nothing of screens. */
import type { Call } from "../media/call";
import type { Devices } from "../media/devices";
import { endsScreen, tellDevices } from "../media/said";
import type { Bodies, Report, Word } from "../sessions/bodies";
import type { Opened, OpenedOf } from "../sessions/opened";
import { applyRoster, applyToSession, find, NEW_SESSION, type Person, type RosterRow, type Session } from "../sessions/session";
import { Listeners } from "../signaling/listeners";
import type { Relay } from "../signaling/relay";
import { QUALITY_MS, worstOf } from "./gauge";
import { comingAndGoing, type News } from "./news";
import { concerns, polite, shareOf } from "./rules";
import { Strand } from "./strand";

export interface Other extends Person {
  /** Picture and sound; the same stream for as long as they are there. */
  readonly stream: MediaStream;
  readonly camera: boolean;
  readonly microphone: boolean;
  readonly screen: boolean;
  /** Something can come through. */
  readonly connected: boolean;
  /** How all of a guest's connections are, as they say; null before, and of whoever is none. */
  readonly word: Word | null;
}

export interface PartyState {
  /** With whom this page has a connection of the party's. */
  readonly others: readonly Other[];
  /** Everybody who holds a seat, this person too. */
  readonly people: readonly Person[];
  /** How this guest's own connections are. */
  readonly quality: Report | null;
  readonly news: News | null;
}

export interface PartyOptions {
  readonly relay: Relay;
  readonly devices: Devices | null;
  /** Of the two whose talk it is. */
  readonly call?: Call;
}

/** What the log and the roster said before the party was there. */
export interface Past {
  readonly events: readonly Opened[];
  readonly roster: readonly RosterRow[];
  readonly head: number | null;
}

interface PartyEvents {
  [name: string]: unknown[];
  change: [state: PartyState];
  /** Another page of this guest's has picture and sound now. */
  elsewhere: [];
}

export class Party {
  state: PartyState = { others: [], people: [], quality: null, news: null };
  elsewhere = false;
  readonly #relay: Relay;
  readonly #devices: Devices | null;
  readonly #call: Call | undefined;
  readonly #listeners = new Listeners<PartyEvents>();
  readonly #strands = new Map<string, Strand>();
  #session: Session = NEW_SESSION;
  /** Up to here it is past; null until this page is there. */
  #head: number | null = null;
  #news: News | null = null;
  #quality: Report | null = null;
  #offs: (() => void)[] = [];

  constructor({ relay, devices, call }: PartyOptions) {
    this.#relay = relay;
    this.#devices = devices;
    this.#call = call;
  }

  on<Name extends keyof PartyEvents & string>(name: Name, heard: (...facts: PartyEvents[Name]) => void): () => void {
    return this.#listeners.on(name, heard);
  }

  get me(): Person | undefined {
    return find(this.#session, this.#relay.admission?.participant ?? "");
  }

  start(past: Past = { events: [], roster: [], head: null }): void {
    this.#head = past.head;
    for (const event of past.events) this.#seat(event);
    this.#session = applyRoster(this.#session, past.roster);
    const leaving = new AbortController();
    addEventListener("pagehide", () => this.stop(), { signal: leaving.signal });
    const timer = setInterval(() => void this.#measure(), QUALITY_MS);
    this.#offs = [
      () => leaving.abort(),
      () => clearInterval(timer),
      this.#relay.on("event", (event) => this.#hear(event)),
      this.#relay.on("joined", ({ seq, roster }) => this.#joined(seq, roster)),
      this.#relay.on("reset", () => this.#forget()),
      this.#devices?.on("track", (source, track) => {
        for (const strand of this.#strands.values()) strand.replace(source, track);
        if (this.#guest) tellDevices(this.#relay, this.#devices);
      }) ?? (() => undefined),
    ];
    this.#settle();
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off();
    for (const strand of this.#strands.values()) strand.close();
    this.#strands.clear();
    this.#call?.bound(null);
  }

  /** This guest wants to talk on this page: every other one of theirs falls silent. */
  takeOver(): void {
    if (!this.elsewhere) return;
    this.elsewhere = false;
    this.#settle();
  }

  /** What they show shall be shown no longer. */
  stopScreen(to: string): void {
    void this.#relay.send("screen.stop", { to });
  }

  // -- what is heard

  #hear(event: Opened): void {
    const before = this.#session;
    this.#seat(event);
    if (event.kind === "call.hello" && event.mine) this.#rival(event.body);
    else if (!event.mine && this.#concerns(event.participant)) this.#sign(event);
    if (this.#session !== before) this.#settle();
    if (event.kind === "presence.changed" && event.body.present) this.#greet(event.body.participant);
  }

  #seat(event: Opened): void {
    const before = this.#session;
    this.#session = applyToSession(before, event);
    if (event.kind !== "participant.joined" && event.kind !== "participant.left") return;
    this.#news = comingAndGoing(event, { before, after: this.#session }, this.#head) ?? this.#news;
  }

  #sign(event: Opened): void {
    const strand = this.#strands.get(event.participant);
    switch (event.kind) {
      case "call.hello":
        this.#greeted(event);
        break;
      case "call.description":
      case "call.candidate":
        if (event.body.to === this.#relay.admission?.participant) strand?.receive(event);
        break;
      case "call.devices":
        strand?.says(event.body);
        break;
      case "screen.stop":
        this.#stopped(event);
        break;
      case "quality.report":
        if (strand === undefined || event.role !== "guest") return;
        strand.word = event.body.word;
        this.#show();
    }
  }

  /** Of the other of the two whose talk it is their call knows. */
  #stopped({ id, participant, body }: OpenedOf<"screen.stop">): void {
    const who = find(this.#session, participant);
    if (who === undefined || !endsScreen(body.to, this.#relay, this.#devices)) return;
    this.#news = { id, what: "stopped", who };
    this.#show();
  }

  /** Whoever is not a guest speaks of themselves to everybody; only what is said to us by name is meant
   * for the party. But they are there, and a guest speaks up. */
  #greeted({ participant, body }: OpenedOf<"call.hello">): void {
    if (body.to === undefined) {
      if (this.#guest) this.#greet(participant);
    } else if (body.to === this.#relay.admission?.participant && !this.elsewhere) {
      if (this.#strands.get(participant)?.greeted(body)) this.#greet(participant);
      tellDevices(this.#relay, this.#devices);
    }
  }

  /** Two pages of one guest: the one that spoke up last has it. Of the others' their call says which. */
  #rival({ to, instance }: Bodies["call.hello"]): void {
    const mine = this.#strands.get(to ?? "")?.instance;
    if (!this.#guest || this.elsewhere || mine === undefined || mine === instance) return;
    this.elsewhere = true;
    this.#settle();
    this.#listeners.tell("elsewhere");
  }

  #joined(head: number, roster: readonly RosterRow[]): void {
    this.#head ??= head;
    this.#session = applyRoster(this.#session, roster);
    this.#settle();
    for (const strand of this.#strands.values()) strand.back(this.#relay.admission?.iceServers ?? []);
    this.#greetAll();
  }

  /** The log is told again from the start. */
  #forget(): void {
    this.#session = NEW_SESSION;
    this.#settle();
  }

  // -- who with whom

  get #guest(): boolean {
    return this.#relay.admission?.role === "guest";
  }

  #concerns(participant: string): boolean {
    const one = find(this.#session, participant);
    return one !== undefined && concerns(this.#relay.admission, one);
  }

  /** A strand to each whom it concerns, and to nobody else. */
  #settle(): void {
    const gone = (this.me?.left ?? null) !== null;
    const over = gone || this.#session.state === "ended" || this.elsewhere;
    const wanted = over ? [] : this.#session.people.filter((one) => concerns(this.#relay.admission, one));
    for (const [participant, strand] of this.#strands) {
      if (wanted.some((one) => one.participant === participant)) continue;
      this.#strands.delete(participant);
      strand.close();
    }
    for (const one of wanted) if (!this.#strands.has(one.participant)) this.#open(one);
    this.#divide();
    this.#show();
  }

  #open({ participant, role }: Person): void {
    const mine = { participant: this.#relay.admission?.participant ?? "", role: this.#relay.admission?.role ?? null };
    const strand = new Strand({
      relay: this.#relay,
      devices: this.#devices,
      participant,
      polite: polite(mine, { participant, role }),
      changed: () => this.#show(),
      greet: () => this.#greet(participant),
    });
    this.#strands.set(participant, strand);
    this.#greet(participant);
  }

  /** What one network carries is shared by all that goes over it. */
  #divide(): void {
    const strands = this.#strands.size + (this.#call === undefined ? 0 : 1);
    const { me } = this;
    for (const [participant, strand] of this.#strands) {
      strand.bound(shareOf(strands, me, find(this.#session, participant)));
    }
    this.#call?.bound(shareOf(strands, me, undefined));
  }

  // -- what is said

  #greetAll(): void {
    for (const participant of this.#strands.keys()) this.#greet(participant);
  }

  #greet(to: string): void {
    const strand = this.#strands.get(to);
    if (strand !== undefined) void this.#relay.send("call.hello", { ...strand.hello, to });
  }

  /** A guest says how it goes for them with all who are there. The two whose talk it is say so of
   * their call. */
  async #measure(): Promise<void> {
    if (!this.#guest || this.elsewhere) return;
    const there = Array.from(this.#strands).filter(([participant]) => find(this.#session, participant)?.present);
    const problem = this.#devices?.problem;
    const found = await worstOf(there.map(([, strand]) => strand), Boolean(problem?.camera ?? problem?.microphone));
    this.#quality = found;
    this.#show();
    if (found !== null && this.#strands.size > 0) void this.#relay.send("quality.report", found);
  }

  #show(): void {
    const people = this.#session.people.filter((one) => one.left === null && one.stage === "seated");
    const others = people.flatMap((one): Other[] => {
      const strand = this.#strands.get(one.participant);
      return strand === undefined ? [] : [{ ...one, ...strand.devices, stream: strand.stream, connected: strand.connected, word: strand.word }];
    });
    this.state = { others, people, quality: this.#quality, news: this.#news };
    this.#listeners.tell("change", this.state);
  }
}
