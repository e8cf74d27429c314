/** The invitations of one talk, as its advisor makes and decides them. A link is known only to the page
 * that made it: the server keeps no secret, and nobody is told it twice. */
import { Cell } from "../console/cell";
import { type Http, Refusal } from "../console/http";
import { plain } from "../console/plain";
import type { GuestSeat, InvitationState } from "../sessions/bodies";
import type { Relay } from "../signaling/relay";
import { t } from "../texts";

export interface Invitation {
  readonly invitation: string;
  readonly seat: GuestSeat;
  readonly state: InvitationState;
  /** By the server's clock. */
  readonly expiresMs: number;
  /** As they said; null while nobody has opened the link. */
  readonly name: string | null;
  /** Null where another page made it. */
  readonly link: string | null;
}

export interface InvitationsState {
  readonly list: readonly Invitation[];
  /** Something that was asked for is on its way. */
  readonly busy: boolean;
  /** Why it did not work, in words that may be shown. */
  readonly problem: string | null;
}

type Decision = "admit" | "refuse" | "withdraw";

interface Options {
  readonly http: Http;
  readonly relay: Relay;
  readonly session: string;
  readonly origin: string;
}

export class Invitations {
  readonly state = new Cell<InvitationsState>({ list: [], busy: false, problem: null });
  readonly #o: Options;
  readonly #links = new Map<string, string>();
  #reading = 0;

  constructor(options: Options) {
    this.#o = options;
  }

  /** Returns what ends it. */
  start(): () => void {
    const { relay } = this.#o;
    const stops = [
      relay.on("event", ({ kind }) => kind === "invitation.changed" && void this.#read()),
      // What was said while this page was away is not said again.
      relay.on("joined", () => void this.#read()),
    ];
    void this.#read();
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Make a link for one person. */
  invite(seat: GuestSeat): Promise<void> {
    return this.#do(async () => {
      const made = (await this.#post("/invitations", { seat })) as Record<string, unknown>;
      const { invitation, secret } = made;
      if (typeof invitation !== "string" || typeof secret !== "string") throw new TypeError("no invitation");
      // After the #, so that no server and no log ever has it.
      this.#links.set(invitation, `${this.#o.origin}/join/${invitation}#${secret}`);
    });
  }

  decide(invitation: string, what: Decision): Promise<void> {
    return this.#do(() => this.#post(`/invitations/${invitation}`, { what }));
  }

  /** Out of the talk, at once. */
  remove(participant: string): Promise<void> {
    return this.#do(() => this.#post("/remove", { participant }));
  }

  async #do(job: () => Promise<unknown>): Promise<void> {
    if (this.state.get().busy) return;
    this.state.patch({ busy: true, problem: null });
    try {
      await job();
    } catch (error) {
      this.state.patch({ problem: (error instanceof Refusal && error.message) || t("guests.failed") });
    }
    await this.#read();
    this.state.patch({ busy: false });
  }

  #post(path: string, body: object): Promise<unknown> {
    return this.#o.http.post(`/api/sessions/${this.#o.session}${path}`, body);
  }

  /** Of several answers the one that was asked for last counts. */
  async #read(): Promise<void> {
    const reading = ++this.#reading;
    const answer = await this.#o.http.get(`/api/sessions/${this.#o.session}/invitations`).catch(() => null);
    if (answer === null || reading !== this.#reading) return;
    const { invitations } = answer as { invitations?: unknown };
    const list = Array.isArray(invitations) ? invitations.flatMap((one) => this.#one(one)) : [];
    this.state.patch({ list });
  }

  #one(given: unknown): Invitation[] {
    const { invitation, seat, state, expires_ms: expiresMs, name } = (given ?? {}) as Record<string, unknown>;
    if (typeof invitation !== "string" || !isState(state)) return [];
    return [
      {
        invitation,
        seat: seat === "interpreter" ? "interpreter" : "guest",
        state,
        expiresMs: typeof expiresMs === "number" ? expiresMs : 0,
        name: plain(name) || null,
        link: this.#links.get(invitation) ?? null,
      },
    ];
  }
}

const STATES: ReadonlySet<unknown> = new Set(["open", "asked", "admitted", "refused", "withdrawn", "lapsed"]);

function isState(value: unknown): value is InvitationState {
  return STATES.has(value);
}
