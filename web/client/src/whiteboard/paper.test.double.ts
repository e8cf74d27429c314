/** A canvas without a screen: holds elements, and changes them as the drawing code does, in place
 * and with a new version. For tests of the board. */
import type { Board, Canvas, Drawn } from "./board";
import type { Pointer } from "./pointers";
import type { Element } from "./scene";

type Any = Drawn & Record<string, unknown>;

export class Paper implements Canvas {
  readonly all = new Map<string, Any>();
  /** What the person has hold of. */
  readonly held = new Set<string>();
  pointers: readonly Pointer[] = [];
  /** How often something came from the board. */
  taken = 0;
  readonly #random: () => number;
  #made = 0;
  #tell = () => {};
  readonly name: string;

  constructor(name: string, random: () => number) {
    this.name = name;
    this.#random = random;
  }

  on(board: Board): () => void {
    this.#tell = () => board.changed();
    return board.attach(this);
  }

  elements(): readonly Drawn[] {
    return [...this.all.values()];
  }

  busy(): boolean {
    return this.held.size > 0;
  }

  take(elements: readonly Element[], gone: readonly string[]): void {
    this.taken += 1;
    for (const element of elements) if (!this.held.has(element.id)) this.all.set(element.id, { ...element });
    for (const id of gone) if (!this.held.has(id)) this.all.delete(id);
    this.#tell();
  }

  point(pointers: readonly Pointer[]): void {
    this.pointers = pointers;
  }

  /** Draw something new, all at once. */
  draw(more: object = {}): string {
    const id = this.begin(more);
    this.finish(id);
    return id;
  }

  begin(more: object = {}): string {
    const id = `${this.name}-${(this.#made += 1)}`;
    const place = { x: this.#whole(900), y: this.#whole(900), width: 50, height: 40 };
    const state = { version: 1, versionNonce: this.#whole(2 ** 30), isDeleted: false, index: "a0" };
    this.held.add(id);
    this.all.set(id, { id, type: "rectangle", ...place, ...state, ...more } as Any);
    this.#tell();
    return id;
  }

  /** Change what there is; the person has hold of it until `finish`, if they have it at all. */
  change(id: string, more: object): void {
    const before = this.all.get(id) as Any;
    this.all.set(id, { ...before, ...more, version: before.version + 1, versionNonce: this.#whole(2 ** 30) });
    this.#tell();
  }

  finish(id: string): void {
    this.held.delete(id);
    this.#tell();
  }

  remove(id: string): void {
    this.change(id, { isDeleted: true });
  }

  /** Ids that can be seen. */
  seen(): string[] {
    return [...this.all.values()].filter((one) => !one.isDeleted).map(({ id }) => id).sort();
  }

  /** What is on it, comparable. */
  state(): string[] {
    return [...this.all.values()]
      .filter((one) => !one.isDeleted)
      .map(({ id, version, versionNonce }) => `${id}:${version}:${versionNonce}`)
      .sort();
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below);
  }
}
