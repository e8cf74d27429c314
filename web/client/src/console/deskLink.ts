/**
 * Keeps this console's picture of the desk fresh: a fetch after each hint of the desk channel and
 * every few seconds without. It does not ring and starts no talk; it says who is new.
 */
import type { Relay } from "../signaling/relay";
import { Cell } from "./cell";
import { arrivals, type Desk, readDesk, type Waiting, type Wish } from "./desk";
import { rings } from "./handed";
import { type Http, signedOut } from "./http";
import { Refresh } from "./refresh";

export interface DeskState {
  /** Null until the first answer. */
  readonly desk: Desk | null;
  /** False while the last fetch failed: what is shown may be old. */
  readonly fresh: boolean;
  /** What was chosen here and is not yet confirmed. */
  readonly wishPending: Wish | null;
  readonly signedOut: boolean;
}

export interface DeskPorts {
  readonly http: Http;
  /** Of the desk channel; started and stopped here. */
  readonly relay: Pick<Relay, "on" | "start" | "stop">;
  readonly onArrivals: (who: readonly Waiting[]) => void;
  readonly nowMs?: () => number;
}

export class DeskLink {
  readonly state = new Cell<DeskState>({ desk: null, fresh: true, wishPending: null, signedOut: false });
  readonly #ports: DeskPorts;
  readonly #nowMs: () => number;
  readonly #refresh: Refresh;
  /** The session that the channel last called ended. */
  #ended: string | null = null;
  #seen: ReadonlySet<string> = new Set();

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#nowMs = ports.nowMs ?? (() => Date.now());
    this.#refresh = new Refresh(() => this.#fetch(), { gatherMs: 60, everyMs: 5_000 });
  }

  start(): void {
    this.#refresh.start();
    const { relay } = this.#ports;
    relay.on("joined", () => this.#refresh.hint());
    relay.on("event", (event) => {
      if (event.kind !== "desk.changed") return;
      if (event.body.what === "ended") this.#ended = event.body.session;
      this.#refresh.hint();
    });
    relay.start();
  }

  stop(): void {
    this.#refresh.stop();
    this.#ports.relay.stop();
  }

  /** Whether it went away by itself, and not to a colleague. */
  hasEnded(session: string): boolean {
    return this.#ended === session;
  }

  /** Something happened that the desk will show: look now. */
  hint(): void {
    this.#refresh.hint();
  }

  /** Chosen by the advisor; shown at once, taken back if the server does not take it. */
  async wish(wish: Wish): Promise<boolean> {
    this.state.patch({ wishPending: wish });
    try {
      await this.#ports.http.post("/api/desk/wish", { wish });
      const { desk } = this.state.get();
      if (desk !== null) this.state.patch({ desk: { ...desk, wish } });
      return true;
    } catch (error) {
      this.state.patch({ signedOut: signedOut(error) });
      return false;
    } finally {
      if (this.state.get().wishPending === wish) this.state.patch({ wishPending: null });
      this.#refresh.hint();
    }
  }

  async #fetch(): Promise<void> {
    try {
      const desk = readDesk(await this.#ports.http.get("/api/desk"), this.#nowMs());
      // For whom a colleague is asked first, it rings here once their time is over.
      const ringing = desk.waiting.filter((one) => rings(one, this.#nowMs() + desk.skewMs));
      const fresh = arrivals(this.#seen, ringing);
      this.#seen = new Set(ringing.map((one) => one.session));
      this.state.patch({ desk, fresh: true });
      if (fresh.length > 0) this.#ports.onArrivals(fresh);
    } catch (error) {
      this.state.patch({ fresh: false, signedOut: signedOut(error) });
    }
  }
}
