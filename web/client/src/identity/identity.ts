/** The identity words of one call: agreed anew with every page of the other side, once the call is live.
 * Whoever relays our signs could put other certificates into them; then both sides see other words.
 * It does not know how they are shown. */
import type { Call } from "../media/call";
import { type Bytes, hex, unhex } from "../sessions/envelope";
import type { OpenedOf } from "../sessions/opened";
import { type Clock, wallClock } from "../signaling/clock";
import { Listeners } from "../signaling/listeners";
import type { Relay } from "../signaling/relay";
import { commitment, type Words, wordsOf } from "./agree";

/** agreeing: not yet; refused: the other end did not keep to its commitment.
 * renewed: there were other words before; one page is another, or whoever is there. */
export type IdentityState =
  | { readonly what: "agreeing" }
  | { readonly what: "refused" }
  | { readonly what: "shown"; readonly words: Words; readonly renewed: boolean };

interface Options {
  readonly relay: Pick<Relay, "admission" | "on" | "send">;
  readonly call: Pick<Call, "line" | "on">;
  readonly session: string;
  readonly clock?: Clock;
}

/** One exchange between two pages. Each end chooses once: what comes a second time must be the same. */
interface Round {
  readonly with: string;
  readonly instance: string;
  readonly toward: string;
  readonly nonce: Bytes;
  /** What the other end said: its commitment, and its nonce. */
  commit: string | null;
  theirs: Bytes | null;
  /** Both nonces are here, and the commitment was kept. */
  whole: boolean;
}

const AGAIN_MS = 2_000;

export class Identity {
  state: IdentityState = { what: "agreeing" };
  readonly #o: Options;
  readonly #clock: Clock;
  readonly #listeners = new Listeners<{ [name: string]: unknown[]; change: [] }>();
  #round: Round | null = null;
  #shown = false;
  #stopAsking = () => {};
  #stops: (() => void)[] = [];

  constructor(options: Options) {
    this.#o = options;
    this.#clock = options.clock ?? wallClock;
  }

  on(_name: "change", heard: () => void): () => void {
    return this.#listeners.on("change", heard);
  }

  start(): void {
    const { relay, call } = this.#o;
    this.#stops = [
      call.on("state", () => this.#look()),
      relay.on("event", (event) => {
        if (event.kind === "call.identity" && !event.mine) void this.#heard(event);
      }),
    ];
    this.#ask();
  }

  stop(): void {
    this.#stopAsking();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** The prospect's page commits; on the other side it is answered. */
  get #first(): boolean {
    return this.#o.relay.admission?.role === "prospect";
  }

  /** Signs get lost: said again until the words are there. */
  #ask(): void {
    this.#look();
    const round = this.#round;
    // The call may have been interrupted just when they came.
    if (round?.whole === true && this.state.what === "agreeing") void this.#agree(round);
    if (round !== null && round.theirs === null) {
      if (this.#first) void commitment(round.nonce).then((hash) => this.#say(round, "commit", hash));
      else if (round.commit !== null) this.#say(round, "nonce", round.nonce);
    }
    this.#stopAsking = this.#clock.after(AGAIN_MS, () => this.#ask());
  }

  /** Another page of either side is another round. */
  #look(): void {
    const { line } = this.#o.call;
    if (line === null || (line.instance === this.#round?.instance && line.toward === this.#round.toward)) return;
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    this.#round = { with: line.participant, instance: line.instance, toward: line.toward, nonce, commit: null, theirs: null, whole: false };
    this.#show({ what: "agreeing" });
  }

  async #heard({ participant, body }: OpenedOf<"call.identity">): Promise<void> {
    this.#look();
    const round = this.#round;
    const ours = body.to === this.#o.relay.admission?.participant && body.toward === round?.instance;
    if (round === null || !ours || participant !== round.with || body.instance !== round.toward) return;
    const { step, value } = body;
    if (step === "commit" && !this.#first) {
      round.commit ??= value;
      if (round.commit === value) this.#say(round, "nonce", round.nonce);
    } else if (step === "nonce" && this.#first) {
      const known = round.theirs;
      round.theirs ??= unhex(value);
      if (hex(round.theirs) !== value) return;
      this.#say(round, "reveal", round.nonce);
      round.whole = true;
      if (known === null) await this.#agree(round);
    } else if (step === "reveal" && !this.#first && round.commit !== null && round.theirs === null) {
      round.theirs = unhex(value);
      round.whole = hex(await commitment(round.theirs)) === round.commit;
      if (round.whole) await this.#agree(round);
      else if (round === this.#round) this.#show({ what: "refused" });
    }
  }

  async #agree(round: Round): Promise<void> {
    const { relay, call, session } = this.#o;
    const [key, line] = [relay.admission?.contentKey, call.line];
    if (!key || round.theirs === null || line?.instance !== round.instance || line.toward !== round.toward) return;
    const pair = (own: Bytes, theirs: Bytes) => (this.#first ? { first: own, second: theirs } : { first: theirs, second: own });
    const { own, other } = line.fingerprints;
    const fingerprints = this.#first ? { first: own, second: other } : { first: other, second: own };
    const words = await wordsOf({ session, key, nonces: pair(round.nonce, round.theirs), fingerprints });
    if (round !== this.#round || this.state.what === "shown") return;
    this.#show({ what: "shown", words, renewed: this.#shown });
    this.#shown = true;
  }

  #say(round: Round, step: "commit" | "nonce" | "reveal", value: Bytes): void {
    const { with: to, instance, toward } = round;
    void this.#o.relay.send("call.identity", { to, instance, toward, step, value: hex(value) });
  }

  #show(state: IdentityState): void {
    this.state = state;
    this.#listeners.tell("change");
  }
}
