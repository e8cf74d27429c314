/** Follow the presenter: whoever leads says where they look, the others look there too until they look
 * around for themselves. It does not know the board, nor how anything travels. */
import type { Clock } from "../../signaling/clock";
import type { Box } from "./pages";

/** At most so often; and again after a while, for those who come late. */
export const EVERY_MS = 100;
export const AGAIN_MS = 4_000;

export interface FollowState {
  /** Who leads, and that may be oneself; null: nobody. */
  readonly leader: string | null;
  readonly leading: boolean;
  /** Looking around for oneself, though somebody leads. */
  readonly around: boolean;
  /** Where to look now; null: wherever one likes. */
  readonly target: Box | null;
}

interface Ends {
  me: string;
  send(view: Box): void;
  changed(): void;
  clock: Clock;
}

export class Follow {
  readonly #ends: Ends;
  #leader: string | null = null;
  #around = false;
  #seen: Box | null = null;
  #own: Box | null = null;
  #sentAt = -Infinity;
  #cancel: (() => void) | null = null;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  get state(): FollowState {
    const leading = this.#leader === this.#ends.me;
    const led = this.#leader !== null && !leading;
    return { leader: this.#leader, leading, around: led && this.#around, target: led && !this.#around ? this.#seen : null };
  }

  /** Somebody leads from now on, or nobody. */
  led(leader: string | null): void {
    if (leader === this.#leader) return;
    [this.#leader, this.#around, this.#seen] = [leader, false, null];
    this.#stop();
    this.#ends.changed();
    this.tellAgain();
  }

  /** Somebody says where they look; only the leader's word counts. */
  heard(participant: string, view: Box): void {
    if (participant !== this.#leader || participant === this.#ends.me) return;
    if (!(view.width > 0 && view.height > 0)) return;
    this.#seen = view;
    this.#ends.changed();
  }

  /** Where oneself looks now. */
  moved(view: Box): void {
    this.#own = view;
    if (this.#leader !== this.#ends.me) return;
    const wait = this.#sentAt + EVERY_MS - this.#ends.clock.now();
    if (wait <= 0) this.#say();
    else this.#later(wait);
  }

  /** Somebody new is there: say again where one looks, if one leads. */
  tellAgain(): void {
    if (this.#own !== null) this.moved(this.#own);
  }

  lookAround(): void {
    if (this.state.target === null) return;
    this.#around = true;
    this.#ends.changed();
  }

  comeBack(): void {
    if (!this.#around) return;
    this.#around = false;
    this.#ends.changed();
  }

  close(): void {
    this.#stop();
    this.#leader = null;
  }

  #say(): void {
    this.#stop();
    if (this.#own === null) return;
    this.#sentAt = this.#ends.clock.now();
    this.#ends.send(this.#own);
    this.#later(AGAIN_MS);
  }

  #later(ms: number): void {
    this.#stop();
    this.#cancel = this.#ends.clock.after(ms, () => this.#say());
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
