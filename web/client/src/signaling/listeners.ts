/** Who wants to hear what. A listener that throws is reported and keeps nobody else from hearing. */
export class Listeners<Events extends { [name: string]: unknown[] }> {
  readonly #all: { [Name in keyof Events]?: Set<(...facts: Events[Name]) => void> } = {};

  on<Name extends keyof Events>(name: Name, heard: (...facts: Events[Name]) => void): () => void {
    const set = (this.#all[name] ??= new Set());
    set.add(heard);
    return () => void set.delete(heard);
  }

  clear(): void {
    for (const set of Object.values(this.#all)) set?.clear();
  }

  tell<Name extends keyof Events>(name: Name, ...facts: Events[Name]): void {
    const set = this.#all[name] ?? [];
    for (const heard of Array.from(set)) {
      try {
        heard(...facts);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
