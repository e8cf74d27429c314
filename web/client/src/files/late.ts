/** A part of the page that comes when it is wanted; where it does not come, it can be asked for again. */

export class Late<Part> {
  #bring: () => Promise<Part>;
  #part: Part | "failed" | null = null;
  #watchers = new Set<() => void>();

  constructor(bring: () => Promise<Part>) {
    this.#bring = bring;
  }

  /** Null while it is not there yet. */
  readonly state = (): Part | "failed" | null => this.#part;

  readonly watch = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  };

  want(): void {
    if (this.#part !== null && this.#part !== "failed") return;
    if (this.#part === "failed") this.#set(null);
    this.#bring().then(
      (part) => this.#set(part),
      () => this.#set("failed"),
    );
  }

  #set(part: Part | "failed" | null): void {
    this.#part = part;
    for (const changed of this.#watchers) changed();
  }
}
