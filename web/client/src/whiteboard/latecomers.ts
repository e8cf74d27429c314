/** What whoever came in mid-talk has of the board. A guest's log begins with their own coming, so what lay
 * there before is owed to them: as it is now, and nothing of how it became so. Knows no relay. */
import { SERVER } from "../sessions/events";
import type { Opened } from "../sessions/opened";
import { Fold, same, type Element, type Scene, type Told } from "./scene";

export interface Debt {
  /** That it is open, whose view is shown, and who may draw. */
  readonly led: boolean;
  readonly elements: readonly Element[];
}

const NOTHING: Debt = { led: false, elements: [] };

export class Latecomers {
  /** Who had a seat, as the log or the admission tells it. */
  #seats: Told[] = [];
  /** The board as each guest has it who sits there. */
  readonly #theirs = new Map<string, Fold>();
  readonly #came = new Map<string, number>();

  /** The guests who sit there, and where in the log they came. */
  get came(): ReadonlyMap<string, number> {
    return this.#came;
  }

  /** Take the next logged event, or one that tells who sat there before the log begins for this page. */
  hear(event: Opened): void {
    for (const theirs of this.#theirs.values()) theirs.apply(event);
    if (event.kind === "participant.left") this.#left(event.body.participant);
    if (event.kind !== "participant.joined" || event.participant !== SERVER) return;
    this.#seats.push(event);
    const { participant, role } = event.body;
    // Again for the same one: their name was set right.
    if (role === "guest" && event.seq !== null && !this.#theirs.has(participant)) this.#begin(participant, event.seq);
  }

  /** They are told who sits there, and nothing else of what was. */
  #begin(participant: string, seq: number): void {
    const theirs = new Fold();
    for (const seat of this.#seats) theirs.apply(seat);
    this.#theirs.set(participant, theirs);
    this.#came.set(participant, seq);
  }

  #left(participant: string): void {
    this.#theirs.delete(participant);
    this.#came.delete(participant);
  }

  forget(): void {
    this.#seats = [];
    this.#theirs.clear();
    this.#came.clear();
  }

  /** What they lack of the board as the whole log tells it; of one that is closed, nothing. */
  debt(whole: Fold): Debt {
    if (this.#theirs.size === 0 || !whole.led.open) return NOTHING;
    const all = [...this.#theirs.values()];
    const led = all.some((theirs) => !alike(theirs.led, whole.led));
    const owed = new Map<string, Element>();
    for (const { scene } of all) {
      for (const element of lacking(scene, whole.scene)) owed.set(element.id, element);
    }
    return { led, elements: [...owed.values()] };
  }
}

function lacking(theirs: Scene, whole: Scene): Element[] {
  const unseen = [...whole.values()].filter((one) => !one.isDeleted && !same(one, theirs.get(one.id)));
  const lost = [...theirs.values()].filter((one) => !one.isDeleted && whole.get(one.id)?.isDeleted !== false);
  return [...unseen, ...lost.map((one) => gone(one, whole.get(one.id)))];
}

/** Deleted before they came, and then said once more by a page that was late: they alone see it. What they
 * are told is what they have, deleted, and not what it was in the end. */
function gone(theirs: Element, deleted: Element | undefined): Element {
  const { version, versionNonce } = deleted ?? theirs;
  return { ...theirs, isDeleted: true, versionNonce, version: Math.max(version, theirs.version + 1) };
}

function alike(one: Fold["led"], other: Fold["led"]): boolean {
  return one.open === other.open && one.leader === other.leader && one.locked === other.locked;
}
