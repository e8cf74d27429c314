/**
 * Keeps the ops board fresh: numbers by fetch every five seconds and after each hint, quality
 * reports live from the ops channel. It holds no key: what is sealed could not be opened here.
 */
import { Cell } from "../console/cell";
import { type Http, signedOut } from "../console/http";
import { Refresh } from "../console/refresh";
import type { Relay } from "../signaling/relay";
import { type Board, type Health, readBoard, readHealth, withReport } from "./board";

export interface OpsState {
  readonly board: Board | null;
  readonly health: Health | null;
  /** This page's clock at the last answer. */
  readonly answeredMs: number | null;
  readonly fresh: boolean;
  readonly live: boolean;
  readonly signedOut: boolean;
}

export interface OpsPorts {
  readonly http: Http;
  /** Of the ops channel; started and stopped here. */
  readonly relay: Pick<Relay, "on" | "start" | "stop" | "status">;
  readonly nowMs?: () => number;
}

export class BoardLink {
  readonly state = new Cell<OpsState>({
    board: null,
    health: null,
    answeredMs: null,
    fresh: true,
    live: false,
    signedOut: false,
  });
  readonly #ports: OpsPorts;
  readonly #nowMs: () => number;
  readonly #refresh: Refresh;

  constructor(ports: OpsPorts) {
    this.#ports = ports;
    this.#nowMs = ports.nowMs ?? (() => Date.now());
    this.#refresh = new Refresh(() => this.#fetch(), { gatherMs: 250, everyMs: 5_000 });
  }

  start(): void {
    this.#refresh.start();
    const { relay } = this.#ports;
    relay.on("status", () => this.state.patch({ live: relay.status === "open" }));
    relay.on("joined", () => this.#refresh.hint());
    relay.on("event", (event) => {
      if (event.kind === "ops.changed") this.#refresh.hint();
      if (event.kind === "quality.report") this.#report(event.session, event.participant, event.body);
    });
    relay.start();
  }

  stop(): void {
    this.#refresh.stop();
    this.#ports.relay.stop();
  }

  #report(session: string | undefined, participant: string, body: unknown): void {
    const { board } = this.state.get();
    if (board !== null && session !== undefined) {
      this.state.patch({ board: withReport(board, session, participant, body) });
    }
  }

  async #fetch(): Promise<void> {
    const { http } = this.#ports;
    try {
      const [sessions, health] = await Promise.all([
        http.get("/api/ops/sessions"),
        http.get("/api/ops/health"),
      ]);
      const nowMs = this.#nowMs();
      this.state.patch({
        board: readBoard(sessions, nowMs),
        health: readHealth(health, nowMs),
        answeredMs: nowMs,
        fresh: true,
      });
    } catch (error) {
      this.state.patch({ fresh: false, signedOut: signedOut(error) });
    }
  }
}
