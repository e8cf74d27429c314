/** What is being drawn at this moment, on its way from one page to the others: never in the log,
 * never in the scene, gone when it is settled or when nothing more is heard of it.
 * Of a stroke only the new points travel. It does not know who carries it. */
import { clean, MAX_POINTS, wins, type Element, type Scene } from "./scene";
import { bytesOf, STROKE_BYTES } from "./parcels";

export interface Stroke {
  readonly element: object;
  readonly from?: number;
}

interface Draft {
  readonly element: Element;
  readonly participant: string;
  readonly atMs: number;
}

const QUIET_MS = 15_000;
const MAX_DRAFTS = 100;
/** About 20 bytes each. */
const POINTS_A_STROKE = 250;

/** Of one's own: what the others have been told. */
export class Telling {
  readonly #told = new Map<string, { version: number; points: number }>();

  /** What to tell of the first of these that has news; null if none has, or none fits. */
  next(elements: readonly Element[]): Stroke | null {
    for (const element of elements) {
      const told = this.#told.get(element.id);
      if (told?.version === element.version) continue;
      // Behind the others, so that each has its turn.
      this.#told.delete(element.id);
      const stroke = element.type === "freedraw" ? this.#more(element, told?.points ?? 0) : this.#whole(element);
      if (stroke !== null) return stroke;
    }
    return null;
  }

  /** Those in the order in which they were told longest ago. */
  turn(elements: readonly Element[]): Element[] {
    const order = [...this.#told.keys()];
    return [...elements].sort((one, other) => order.indexOf(one.id) - order.indexOf(other.id));
  }

  forget(): void {
    this.#told.clear();
  }

  #whole(element: Element): Stroke | null {
    this.#told.set(element.id, { version: element.version, points: 0 });
    return bytesOf(element) <= STROKE_BYTES ? { element } : null;
  }

  #more(element: Element, known: number): Stroke | null {
    const points = element["points"] as unknown[];
    const from = known < points.length ? known : 0;
    const end = Math.min(points.length, from + POINTS_A_STROKE);
    // Not all of it yet: the next one goes on.
    const version = end < points.length ? element.version - 1 : element.version;
    this.#told.set(element.id, { version, points: end });
    const pressures = (element["pressures"] as unknown[]).slice(from, end);
    const piece = { points: points.slice(from, end), pressures };
    return { element: { ...(from === 0 ? element : changing(element)), ...piece }, from };
  }
}

/** What changes of a stroke while it is drawn; how it looks was told with its first piece. */
function changing({ id, type, version, versionNonce, x, y, width, height }: Element) {
  return { id, type, version, versionNonce, x, y, width, height };
}

/** Of the others: what is shown of theirs over the scene. */
export class Drafts {
  readonly #drafts = new Map<string, Draft>();

  get size(): number {
    return this.#drafts.size;
  }

  get(id: string): Element | undefined {
    return this.#drafts.get(id)?.element;
  }

  elements(): Element[] {
    return Array.from(this.#drafts.values(), (draft) => draft.element);
  }

  /** Somebody draws. False if it says nothing that can be shown. */
  take(participant: string, { element: given, from }: Stroke, nowMs: number): boolean {
    const cleaned = clean(given);
    if (cleaned === null) return false;
    const known = this.#drafts.get(cleaned.id);
    const element = joined(known?.participant === participant ? known.element : undefined, cleaned, from ?? 0);
    if (element === null || (known !== undefined && !wins(known.element, element))) return false;
    if (known === undefined && this.#drafts.size >= MAX_DRAFTS) return false;
    this.#drafts.set(cleaned.id, { element, participant, atMs: nowMs });
    return true;
  }

  /** Drop what the scene has by now, and what was heard of too long ago; returns the latter. */
  expire(scene: Scene, nowMs: number): Element[] {
    this.#drop(({ element }) => {
      const settled = scene.get(element.id);
      return settled !== undefined && !wins(settled, element);
    });
    return this.#drop(({ atMs }) => nowMs - atMs > QUIET_MS);
  }

  /** This person is gone, or may not draw any more. */
  dropOf(participant: string): Element[] {
    return this.#drop((draft) => draft.participant === participant);
  }

  clear(): void {
    this.#drafts.clear();
  }

  #drop(over: (draft: Draft) => boolean): Element[] {
    const gone = [...this.#drafts.values()].filter(over).map(({ element }) => element);
    for (const { id } of gone) this.#drafts.delete(id);
    return gone;
  }
}

/** The stroke so far with what is new; null if something between was lost: it is seen when settled. */
function joined(known: Element | undefined, piece: Element, from: number): Element | null {
  if (from === 0) return piece;
  const before = known?.["points"] as readonly unknown[] | undefined;
  const points = piece["points"] as readonly unknown[] | undefined;
  if (known?.type !== piece.type || before === undefined || points === undefined || before.length !== from) return null;
  if (before.length + points.length > MAX_POINTS) return null;
  const both = (field: string) => [...((known[field] ?? []) as unknown[]), ...((piece[field] ?? []) as unknown[])];
  return { ...known, ...changing(piece), points: both("points"), pressures: both("pressures") };
}
