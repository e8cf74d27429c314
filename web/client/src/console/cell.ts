/** A value that can be watched: what lies between the plain logic here and the parts that draw. */

export interface Watched<T> {
  get(): T;
  watch(changed: () => void): () => void;
}

export class Cell<T> implements Watched<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const changed of this.#watchers) changed();
  }

  /** Replace some fields. */
  patch(fields: Partial<T>): void {
    this.set({ ...this.#value, ...fields });
  }

  readonly watch = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  };
}
