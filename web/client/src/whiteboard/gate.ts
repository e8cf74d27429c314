/** The door to the board on a page that may never need it: knows whether it is open, keeps what the
 * log said of it, and fetches the code that draws. Small, because it comes with every call page. */
import type { Bodies } from "../sessions/bodies";
import type { Opened } from "../sessions/opened";
import type { Relay } from "../signaling/relay";
import type { Board } from "./board";

type Code = typeof import("./lazy");

export interface GateState {
  readonly led: Readonly<Bodies["board.led"]>;
  /** Who led it last. */
  readonly by: string | null;
  /** What draws, and what it draws; null until they are here. */
  readonly drawing: { readonly View: Code["BoardView"]; readonly board: Board } | null;
  /** The code could not be fetched. */
  readonly failed: boolean;
}

/** The path of these in the bundle; see vite.config.ts. */
declare const BOARD_ASSETS: string;

/** What was just asked for comes first: a camera, the first picture of a talk. */
const PREFETCH_AFTER_MS = 3_000;
const CLOSED: GateState["led"] = { open: false, leader: null, locked: false };

export class BoardGate {
  state: GateState = { led: CLOSED, by: null, drawing: null, failed: false };
  readonly relay: Relay;
  readonly #changed: () => void;
  #past: Opened[] = [];
  #head = 0;
  #seq = 0;
  #coming: Promise<void> | null = null;
  #later: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  #stops: (() => void)[] = [];

  constructor(relay: Relay, changed: () => void) {
    this.relay = relay;
    this.#changed = changed;
  }

  /** Returns what stops it. */
  start(): () => void {
    this.#stops = [
      this.relay.on("event", (event) => this.#heard(event)),
      this.relay.on("joined", ({ seq }) => {
        this.#head = seq;
        this.#past = this.#past.filter((event) => event.seq !== null); // the roster is newer
      }),
      this.relay.on("reset", () => {
        this.#past = [];
        this.#seq = 0;
        this.#show({ led: CLOSED });
      }),
    ];
    return () => this.stop();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#later);
    for (const stop of this.#stops.splice(0)) stop();
    this.state.drawing?.board.stop();
  }

  /** Open, close, lead, lock: for advisors. Whoever opens it leads; closed, nobody does. */
  lead(change: Partial<Bodies["board.led"]>): void {
    if (change.open === true) this.fetch();
    const leader = change.open === true ? (this.relay.admission?.participant ?? null) : null;
    const turned = change.open === undefined ? {} : { leader, locked: false };
    void this.relay.send("board.led", { ...this.state.led, ...turned, ...change });
  }

  /** Soon, when the page has nothing else to do; said again, that much later. */
  prefetch(): void {
    if (this.#coming !== null) return;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      if (this.relay.status !== "open") return this.prefetch();
      if ("requestIdleCallback" in window) requestIdleCallback(() => this.fetch(), { timeout: 20_000 });
      else this.fetch();
    }, PREFETCH_AFTER_MS);
  }

  fetch(): void {
    this.#coming ??= this.#fetch().catch(() => {
      this.#coming = null;
      this.#show({ failed: true });
    });
  }

  async #fetch(): Promise<void> {
    // Where it looks for its fonts; it wants to know before its code runs.
    Object.assign(window, { EXCALIDRAW_ASSET_PATH: BOARD_ASSETS });
    const { Board, BoardView } = await import("./lazy");
    if (this.#over) return;
    const board = new Board({ relay: this.relay });
    board.start({ events: this.#past, seq: this.#seq, head: this.#head });
    this.#past = [];
    this.#show({ drawing: { View: BoardView, board }, failed: false });
  }

  #heard(event: Opened): void {
    this.#seq = event.seq ?? this.#seq;
    if (event.kind === "board.led" && event.role === "advisor") {
      this.#show({ led: event.body, by: event.participant });
      if (event.body.open) this.fetch();
    }
    // Said again by the prospect's page, for lack of an advisor who would say that it is open.
    if (event.kind === "board.changed" && event.body.again && event.role === "prospect" && this.state.by === null && this.relay.admission?.since) {
      this.#show({ led: { ...CLOSED, open: true } });
      this.fetch();
    }
    if (this.state.drawing === null && matters(event)) this.#past.push(event);
  }

  #show(more: Partial<GateState>): void {
    this.state = { ...this.state, ...more };
    this.#changed();
  }
}

function matters({ kind, seq }: Opened): boolean {
  if (seq === null) return kind === "presence.changed" || kind === "participant.joined";
  return kind.startsWith("board.") || kind.startsWith("participant.") || kind === "session.accepted";
}
