/** A scene: cleaned elements by id, merged in any order to the same, and the fold that makes one.
 * Byte-identical with `whiteboard/scene.py`; `tests/vectors/scene.json` is read by both.
 * It does not know Excalidraw, nor how events travel.
 *
 * How the board uses it. One `Fold` per session takes every opened event of the log, in order
 * (`fold.apply(event)`); the scene is `fold.scene`, and what it changed goes to Excalidraw. Nothing
 * else writes to it: what this page draws is sent as `outgoing(element)` in `board.changed` and
 * enters the scene when it comes back. Until then Excalidraw alone shows it. So compare what
 * Excalidraw holds with the scene by `version` and `versionNonce`, never by value: numbers are
 * rounded here (lengths to 1/100, ratios and angles to 1/10,000). An own element that comes back
 * without being in `changed` lost against another, or was left out (`leftOut`: say so kindly,
 * once; `lockedOut`: only advisors draw just now): show what the scene has instead.
 * Passing strokes are cleaned with `clean` and never merged into the scene. `sceneHash` is for
 * `data-scene` and is the same in every browser and in Python after the same log. */
import { SERVER } from "../sessions/events";
import { hex, sha256 } from "../sessions/envelope";
import { clean, type Element } from "./elements";

export * from "./elements";

type State = Pick<Element, "version" | "versionNonce">;
export type Scene = ReadonlyMap<string, Element>;

/** To be seen. */
export const MAX_ELEMENTS = 5_000;
/** With those that were deleted: they are kept, so that nothing comes back. */
export const MAX_IDS = 20_000;

/** The one JSON text of a cleaned element. */
export function textOf(element: Element): string {
  return JSON.stringify(element);
}

/** Whether `other` takes the place of `one`: Excalidraw's rule, with an end to every tie. */
export function wins(one: Element | undefined, other: Element): boolean {
  if (one === undefined) return true;
  if (other.version !== one.version) return other.version > one.version;
  if (other.versionNonce !== one.versionNonce) return other.versionNonce < one.versionNonce;
  return textOf(other) < textOf(one);
}

/** Whether it is the same state of an element. */
export function same(one: State, other: State | undefined): boolean {
  return one.version === other?.version && one.versionNonce === other.versionNonce;
}

/** A scene with these elements as well: the same in whatever order and however often. */
export function merge(scene: Scene, elements: Iterable<Element>): Scene {
  const merged = new Map(scene);
  for (const element of elements) {
    if (wins(merged.get(element.id), element)) merged.set(element.id, element);
  }
  return merged;
}

/** What is to be seen, from back to front. */
export function ordered(scene: Scene): Element[] {
  return [...scene.values()]
    .filter((element) => !element.isDeleted)
    .sort((one, other) => by(one.index ?? "", other.index ?? "") || by(one.id, other.id));
}

/** The one JSON text of a scene, with the deleted ones, by id. */
export function canonical(scene: Scene): string {
  const elements = [...scene.values()].sort((one, other) => by(one.id, other.id));
  return `[${elements.map(textOf).join(",")}]`;
}

/** SHA-256 over the canonical text in UTF-8, hexadecimal. */
export async function sceneHash(scene: Scene): Promise<string> {
  return hex(await sha256(new TextEncoder().encode(canonical(scene))));
}

function by(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** As much of an opened event as matters here. */
export interface Told {
  readonly kind: string;
  readonly participant: string;
  readonly body: object;
}

/** What one event did to the scene. */
export interface Step {
  readonly changed: readonly Element[];
  /** Elements that may not be there, or for which there is no room. */
  readonly leftOut: number;
  /** A whole change, by someone who may not draw just now. */
  readonly lockedOut: boolean;
}

const NOTHING: Step = { changed: [], leftOut: 0, lockedOut: false };

/** The board as the log tells it, event after event, in the order of the log.
 * Whoever folds the same log has the same scene: who may draw is decided here, and by the log
 * alone, because the relay cannot read what it carries. */
export class Fold {
  readonly #scene = new Map<string, Element>();
  readonly #roles = new Map<unknown, unknown>();
  #seen = 0;
  #led: { open: boolean; leader: string | null; locked: boolean } = { open: false, leader: null, locked: false };

  get scene(): Scene {
    return this.#scene;
  }

  /** The newest `board.led`. */
  get led(): Readonly<{ open: boolean; leader: string | null; locked: boolean }> {
    return this.#led;
  }

  /** Whether this participant may draw just now. */
  mayDraw(participant: string): boolean {
    return !this.#led.locked || this.#advises(participant);
  }

  /** Take the next logged event; those of other kinds change nothing. */
  apply(event: Told): Step {
    const body = event.body as Record<string, unknown>;
    if (event.kind === "participant.joined" && event.participant === SERVER) {
      this.#roles.set(body["participant"], body["role"]);
    } else if (event.kind === "board.led" && this.#advises(event.participant)) {
      this.#lead(body);
    } else if (event.kind === "board.changed") {
      return this.#change(event.participant, body["elements"]);
    }
    return NOTHING;
  }

  #advises(participant: string): boolean {
    return this.#roles.get(participant) === "advisor";
  }

  #lead({ open, leader = null, locked }: Record<string, unknown>): void {
    if (typeof open !== "boolean" || typeof locked !== "boolean") return;
    if (leader === null || (typeof leader === "string" && /^[0-9a-f]{16}$/.test(leader))) {
      this.#led = { open, leader, locked };
    }
  }

  #change(participant: string, given: unknown): Step {
    if (!Array.isArray(given) || !given.every(isObject)) return NOTHING;
    if (!this.mayDraw(participant)) return { ...NOTHING, lockedOut: true };
    const changed: Element[] = [];
    let leftOut = 0;
    for (const one of given) {
      const element = clean(one);
      if (element === null || !this.#room(element)) {
        leftOut += 1;
      } else if (wins(this.#scene.get(element.id), element)) {
        this.#put(element);
        changed.push(element);
      }
    }
    return { changed, leftOut, lockedOut: false };
  }

  #room(element: Element): boolean {
    const known = this.#scene.get(element.id);
    if (known === undefined && this.#scene.size >= MAX_IDS) return false;
    const appears = !element.isDeleted && (known?.isDeleted ?? true);
    return !appears || this.#seen < MAX_ELEMENTS;
  }

  #put(element: Element): void {
    if (this.#scene.get(element.id)?.isDeleted === false) this.#seen -= 1;
    if (!element.isDeleted) this.#seen += 1;
    this.#scene.set(element.id, element);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
