/** What others do on the board, said aloud: at most one sentence every few seconds, however much
 * they draw. Knows no screen and no language. */

export interface News {
  readonly participant: string;
  /** New things, and such as were changed or taken away. */
  readonly drawn: number;
  readonly changed: number;
  readonly removed: number;
  /** What was written, if that is all. */
  readonly text: string | null;
}

/** Between two sentences; screen readers need their time. */
export const CALM_MS = 4_000;

export class NewsDesk {
  readonly #say: (news: News) => void;
  readonly #after: (ms: number, job: () => void) => () => void;
  readonly #heard = new Map<string, Map<string, "drawn" | "changed" | "removed">>();
  #text: string | null = null;
  #cancel: (() => void) | null = null;

  constructor(say: (news: News) => void, after: (ms: number, job: () => void) => () => void) {
    this.#say = say;
    this.#after = after;
  }

  hear(participant: string, elements: readonly Heard[]): void {
    const heard = this.#heard.get(participant) ?? new Map<string, "drawn" | "changed" | "removed">();
    this.#heard.set(participant, heard);
    for (const { id, isDeleted, fresh, text } of elements) {
      const isNew = fresh || heard.get(id) === "drawn";
      heard.set(id, isDeleted ? "removed" : isNew ? "drawn" : "changed");
      if (text !== undefined) this.#text = text;
    }
    this.#cancel ??= this.#after(CALM_MS, () => this.#tell());
  }

  close(): void {
    this.#cancel?.();
  }

  #tell(): void {
    this.#cancel = null;
    const [first] = this.#heard;
    if (first === undefined) return;
    const [participant, heard] = first;
    this.#heard.delete(participant);
    const count = (what: string) => [...heard.values()].filter((one) => one === what).length;
    const text = heard.size === 1 && count("removed") === 0 ? this.#text : null;
    this.#text = null;
    this.#say({ participant, drawn: count("drawn"), changed: count("changed"), removed: count("removed"), text });
    if (this.#heard.size > 0) this.#cancel = this.#after(CALM_MS, () => this.#tell());
  }
}

interface Heard {
  readonly id: string;
  readonly isDeleted: boolean;
  readonly fresh: boolean;
  readonly text?: string;
}
