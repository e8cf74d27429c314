/** A shelf with room for so much: what was not needed for longest goes first. Pure. */

interface Kept<T> {
  readonly value: T;
  readonly weight: number;
}

export class Shelf<T> {
  readonly #room: number;
  readonly #dropped: (value: T) => void;
  readonly #inUse: (key: string) => boolean;
  /** In order of use, the latest last. */
  readonly #kept = new Map<string, Kept<T>>();
  #weight = 0;

  /** `dropped` hears of everything that leaves, so that it can give back what it holds. What is `inUse`
   * stays, whatever the room. */
  constructor(room: number, dropped: (value: T) => void, inUse: (key: string) => boolean = () => false) {
    this.#room = room;
    this.#dropped = dropped;
    this.#inUse = inUse;
  }

  get weight(): number {
    return this.#weight;
  }

  get size(): number {
    return this.#kept.size;
  }

  peek(key: string): T | undefined {
    return this.#kept.get(key)?.value;
  }

  /** As `peek`, and it counts as needed now. */
  use(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.value;
  }

  /** Put it there in place of what had the same key; the newest stays even if it fills the shelf. */
  put(key: string, value: T, weight: number): void {
    this.drop(key);
    this.#kept.set(key, { value, weight });
    this.#weight += weight;
    for (const [oldest] of this.#kept) {
      if (this.#weight <= this.#room || oldest === key) break;
      if (!this.#inUse(oldest)) this.drop(oldest);
    }
  }

  drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#weight -= kept.weight;
    this.#dropped(kept.value);
  }

  clear(): void {
    for (const key of this.#kept.keys()) this.drop(key);
  }
}
