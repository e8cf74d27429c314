/** What was said and is not yet confirmed, kept sealed in this tab so that a reload loses nothing.
 * Only while something is unsent is anything there. It does not know order of sending or sockets. */
import { fits, type Bodies } from "../sessions/bodies";
import { fromBase64, open, randomHex, seal, toBase64, ZEROS, type ContentKey } from "../sessions/envelope";
import { KINDS, type KindName } from "../sessions/events";

const PLACE = "visavis.unsent";

export interface Unsent {
  readonly id: string;
  readonly kind: KindName;
  readonly body: Bodies[KindName];
}

/** One unsent event under a sender id of its own, so that no key seals more than one. */
interface Row {
  readonly at: number;
  readonly session: string;
  readonly epoch: number;
  readonly sender: string;
  readonly id: string;
  readonly kind: KindName;
  readonly sealed: string;
}

export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class Shelf {
  readonly #store: Store | null;
  readonly #wanted = new Set<string>();
  #at = 0;

  constructor(store: Store | null) {
    this.#store = store;
  }

  async keep(key: ContentKey, session: string, epoch: number, { id, kind, body }: Unsent): Promise<void> {
    if (this.#store === null) return;
    this.#wanted.add(id);
    this.#at += 1;
    const at = this.#at;
    const header = { session, sender: randomHex(32), id, kind, epoch };
    const sealed = toBase64(await seal(key, header, body, 0, ZEROS));
    if (!this.#wanted.has(id)) return; // confirmed meanwhile
    this.#write([...this.#read().filter((row) => row.id !== id), { at, ...header, sealed }]);
  }

  drop(id: string): void {
    if (!this.#wanted.delete(id)) return;
    const rows = this.#read();
    if (rows.some((row) => row.id === id)) this.#write(rows.filter((row) => row.id !== id));
  }

  clear(): void {
    this.#wanted.clear();
    this.#write([]);
  }

  /** What an earlier page of this tab left for the session, in the order it was said. */
  async take(key: ContentKey, session: string): Promise<Unsent[]> {
    const rows = this.#read().filter((row) => row.session === session);
    this.#write(rows); // another session's are of no use to anyone
    const found: Unsent[] = [];
    for (const row of [...rows].sort((one, other) => one.at - other.at)) {
      this.#at = Math.max(this.#at, row.at);
      this.#wanted.add(row.id);
      try {
        const { body } = await open(key, row, fromBase64(row.sealed));
        if (!fits(row.kind, body)) throw new TypeError("not what the kind carries");
        found.push({ id: row.id, kind: row.kind, body: body as Bodies[KindName] });
      } catch {
        this.drop(row.id);
      }
    }
    return found;
  }

  #read(): Row[] {
    return readRows(this.#store, PLACE, isRow);
  }

  #write(rows: Row[]): void {
    writeRows(this.#store, PLACE, rows);
  }
}

/** What lies there and has the form of a row. */
export function readRows<R>(store: Store | null, place: string, isRow: (row: unknown) => row is R): R[] {
  try {
    const rows: unknown = JSON.parse(store?.getItem(place) ?? "[]");
    return Array.isArray(rows) ? rows.filter(isRow) : [];
  } catch {
    return [];
  }
}

/** These and no others; where nothing is left, nothing lies there. */
export function writeRows(store: Store | null, place: string, rows: readonly object[]): void {
  try {
    if (rows.length > 0) store?.setItem(place, JSON.stringify(rows));
    else store?.removeItem(place);
  } catch {
    // Full or forbidden: then a reload loses what was to be kept, and nothing else.
  }
}

/** This tab's storage; null where the person has forbidden it. */
export function tabStore(): Store | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

function isRow(row: unknown): row is Row {
  if (typeof row !== "object" || row === null) return false;
  const { at, session, epoch, sender, id, kind, sealed } = row as Record<string, unknown>;
  const texts = [session, sender, id, kind, sealed].every((text) => typeof text === "string");
  return texts && typeof at === "number" && typeof epoch === "number" && Object.hasOwn(KINDS, kind as string);
}
