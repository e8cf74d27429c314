/** Says what lies on the board once more for guests who came since: the advisor's page does, or the
 * prospect's while no advisor is there. From the log alone it knows what is owed, so nothing is said
 * twice after a reload, and what two pages say at once is taken once. */
import type { Opened } from "../sessions/opened";
import type { Clock } from "../signaling/clock";
import type { Relay } from "../signaling/relay";
import { Latecomers } from "./latecomers";
import { parcel } from "./parcels";
import type { Element, Fold } from "./scene";

export interface RetellingOptions {
  readonly relay: Pick<Relay, "send" | "pending" | "admission">;
  readonly clock: Clock;
  /** The board as the whole log tells it, once this page has read all of it. */
  whole(): Fold | null;
  /** An advisor is connected. */
  advised(): boolean;
}

/** What comes one after the other is said together. */
const SOON_MS = 100;
/** An advisor who is back by then says it themselves. */
const LATER_MS = 2_000;

export class Retelling {
  readonly #options: RetellingOptions;
  readonly #latecomers = new Latecomers();
  /** Said by this page since somebody came: whatever becomes of it, not again. */
  readonly #said = new Set<string>();
  #soon: (() => void) | null = null;
  #over = false;

  constructor(options: RetellingOptions) {
    this.#options = options;
  }

  get guests(): ReadonlyMap<string, number> {
    return this.#latecomers.came;
  }

  hear(event: Opened): void {
    this.#latecomers.hear(event);
    if (event.kind === "participant.joined" || event.kind === "board.led") this.#said.clear();
    if (event.kind === "session.ended") this.stop();
    this.look();
  }

  forget(): void {
    this.#latecomers.forget();
    this.#said.clear();
  }

  stop(): void {
    this.#over = true;
    this.#soon?.();
  }

  /** Something changed by which something may be owed, or may be said now. */
  look(): void {
    const mine = this.#over ? null : this.#owed();
    if (mine === null) return;
    this.#soon ??= this.#options.clock.after(this.#advises ? SOON_MS : LATER_MS, () => {
      this.#soon = null;
      this.#say();
    });
  }

  #say(): void {
    const owed = this.#over ? null : this.#owed();
    if (owed === null) return;
    const { relay } = this.#options;
    if (owed.led) {
      this.#said.add("led");
      void relay.send("board.led", owed.fold.led);
    }
    const { elements } = parcel(owed.elements);
    for (const element of elements) this.#said.add(markOf(element));
    if (elements.length > 0) void relay.send("board.changed", { elements, again: true });
  }

  /** What is for this page to say now; null if nothing is. */
  #owed(): { led: boolean; elements: readonly Element[]; fold: Fold } | null {
    const { relay, whole } = this.#options;
    const fold = whole();
    // What is on its way may change what is owed; and one's own drawing goes first.
    if (fold === null || !this.#isTeller(fold) || relay.pending.some(({ kind }) => kind.startsWith("board."))) return null;
    const debt = this.#latecomers.debt(fold);
    const led = debt.led && this.#advises && !this.#said.has("led");
    const elements = debt.elements.filter((element) => !this.#said.has(markOf(element)));
    return led || elements.length > 0 ? { led, elements, fold } : null;
  }

  get #advises(): boolean {
    return this.#options.relay.admission?.role === "advisor";
  }

  #isTeller(fold: Fold): boolean {
    if (this.#advises) return true;
    const { participant, role } = this.#options.relay.admission ?? {};
    return role === "prospect" && !this.#options.advised() && typeof participant === "string" && fold.mayDraw(participant);
  }
}

function markOf({ id, version, versionNonce }: Element): string {
  return `${id} ${version} ${versionNonce}`;
}
