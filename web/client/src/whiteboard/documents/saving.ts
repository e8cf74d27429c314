/** Saves the board: makes a file of it, gives it to this person, and to the others if they shall have
 * it too. It does not know how the file is made, nor React. */
import { troubleOf, type Trouble } from "./trouble";

export type Kind = "pdf" | "png" | "svg";

export interface Wish {
  readonly kind: Kind;
  /** Of which document; PDF only. */
  readonly file?: string;
  /** Without ending. */
  readonly name: string;
  /** The others get it as well; not for SVG, which nobody may share. */
  readonly share: boolean;
}

export interface SavingState {
  readonly busy: { readonly done: number; readonly of: number } | null;
  /** What was saved last, and whether the others have it. */
  readonly saved: { readonly name: string; readonly shared: boolean } | null;
  readonly trouble: Trouble | "share" | null;
}

export interface SaveEnds {
  make(wish: Wish, progress: (done: number, of: number) => void, signal: AbortSignal): Promise<Blob>;
  keep(blob: Blob, name: string): void;
  share(file: File): Promise<unknown>;
  clean(name: string): string;
  changed(): void;
}

export class Saving {
  state: SavingState = { busy: null, saved: null, trouble: null };
  readonly #ends: SaveEnds;
  #abort: AbortController | null = null;

  constructor(ends: SaveEnds) {
    this.#ends = ends;
  }

  async save(wish: Wish): Promise<void> {
    if (this.#abort !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#show({ busy: { done: 0, of: 0 }, saved: null, trouble: null });
    const progress = (done: number, of: number) => this.#show({ busy: { done, of } });
    try {
      const blob = await this.#ends.make(wish, progress, abort.signal);
      const name = this.#ends.clean(`${wish.name}.${wish.kind}`);
      this.#ends.keep(blob, name);
      const shared = wish.share && wish.kind !== "svg";
      const given = shared ? await this.#give(new File([blob], name, { type: blob.type })) : false;
      this.#show({ saved: { name, shared: given }, trouble: shared && !given ? "share" : null });
    } catch (error) {
      this.#show({ trouble: abort.signal.aborted ? null : troubleOf(error).code });
    } finally {
      this.#abort = null;
      this.#show({ busy: null });
    }
  }

  cancel(): void {
    this.#abort?.abort();
  }

  /** The dialogue is closed: next time it begins anew. */
  reset(): void {
    this.cancel();
    this.#show({ saved: null, trouble: null });
  }

  async #give(file: File): Promise<boolean> {
    try {
      await this.#ends.share(file);
      return true;
    } catch {
      return false;
    }
  }

  #show(more: Partial<SavingState>): void {
    this.state = { ...this.state, ...more };
    this.#ends.changed();
  }
}

/** Hand it to the browser as a download. */
export function keep(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken hold of it long before.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
