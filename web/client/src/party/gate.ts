/** The door to the others in a talk of two, most of which stay talks of two: hears whether a guest came,
 * and then fetches what connects and shows them. Small, because it comes with every call page. */
import type { Call } from "../media/call";
import type { Devices } from "../media/devices";
import type { Opened } from "../sessions/opened";
import type { RosterRow } from "../sessions/session";
import type { Relay } from "../signaling/relay";
import type { Party } from "./party";

type Code = typeof import("./lazy");

interface Options {
  readonly relay: Relay;
  readonly devices: Devices | null;
  readonly call: Call;
  changed(): void;
}

/** What did not come is fetched again. */
const AGAIN_MS = 3_000;

export class PartyGate {
  party: Party | null = null;
  /** What shows them, once it is here. */
  views: Code["views"] | null = null;
  readonly #o: Options;
  #past: Opened[] = [];
  #roster: readonly RosterRow[] = [];
  #head = 0;
  #coming = false;
  #over = false;
  #offs: (() => void)[] = [];

  constructor(options: Options) {
    this.#o = options;
  }

  get me(): string | null {
    return this.#o.relay.admission?.participant ?? null;
  }

  /** Returns what ends it. */
  start(): () => void {
    const { relay, call } = this.#o;
    this.#offs = [
      relay.on("event", (event) => this.#hear(event)),
      relay.on("joined", ({ seq, roster }) => {
        this.#head = seq;
        this.#roster = roster;
        this.#past = this.#past.filter((event) => event.seq !== null);
      }),
      relay.on("reset", () => (this.#past = [])),
      // Another page of this person has the talk: then that one has the party as well.
      call.on("state", () => (call.elsewhere ? this.#close() : this.#open())),
    ];
    return () => this.stop();
  }

  stop(): void {
    this.#over = true;
    for (const off of this.#offs.splice(0)) off();
    this.#close();
  }

  #hear(event: Opened): void {
    const { kind } = event;
    if (kind.startsWith("participant.") || kind === "presence.changed" || kind === "session.accepted") this.#past.push(event);
    if (kind === "participant.joined") this.#open();
  }

  #open(): void {
    const { call } = this.#o;
    const asked = this.#past.some(({ kind, body }) => kind === "participant.joined" && "role" in body && body.role === "guest");
    if (!asked || this.#coming || this.party !== null || call.elsewhere || this.#over) return;
    this.#coming = true;
    void this.#fetch().catch(() => {
      this.#coming = false;
      setTimeout(() => this.#open(), AGAIN_MS);
    });
  }

  async #fetch(): Promise<void> {
    const { Party, views } = await import("./lazy");
    this.#coming = false;
    if (this.#over || this.#o.call.elsewhere) return;
    this.views = views;
    this.party = new Party(this.#o);
    this.party.start({ events: this.#past, roster: this.#roster, head: this.#head });
    this.#o.changed();
  }

  #close(): void {
    this.party?.stop();
    this.party = null;
    this.#o.changed();
  }
}
