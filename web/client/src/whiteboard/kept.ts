/** What was drawn and is in no event yet, kept sealed in this tab so that a reload loses none of it.
 * Only while there is such a thing is anything there. It does not know when that is. */
import { ContentKey, fromBase64, open, randomHex, seal, toBase64, ZEROS } from "../sessions/envelope";
import type { Admission } from "../signaling/admission";
import { readRows, tabStore, type Store, writeRows } from "../signaling/shelf";
import { parcel } from "./parcels";
import { clean, type Element } from "./scene";

const PLACE = "visavis.board";
const KIND = "board.changed";

type Seat = Pick<Admission, "session" | "epoch" | "contentKey">;

/** Elements under a sender id of their own, so that no key seals more than one row. */
interface Row {
  readonly session: string;
  readonly epoch: number;
  readonly sender: string;
  readonly id: string;
  readonly sealed: string;
}

export class Kept {
  readonly #store: Store | null;
  #marks: string | null = null;
  #turn = 0;

  constructor(store: Store | null = tabStore()) {
    this.#store = store;
  }

  /** These in place of what was kept before. Resolved when they are there. */
  async keep(seat: Seat, elements: readonly Element[]): Promise<void> {
    const marks = elements.map(({ id, version, versionNonce }) => `${id} ${version} ${versionNonce}`).join();
    if (this.#store === null || marks === this.#marks) return;
    this.#marks = marks;
    this.#turn += 1;
    const turn = this.#turn;
    const rows = elements.length > 0 ? await sealed(seat, elements) : [];
    if (turn === this.#turn) this.#write(rows); // else something newer is on its way
  }

  /** What an earlier page of this tab kept for the session; what does not open is forgotten. */
  async take(seat: Seat): Promise<Element[]> {
    const rows = this.#read().filter(({ session }) => session === seat.session);
    if (rows.length === 0 || seat.contentKey === null) return [];
    const key = await ContentKey.from(seat.contentKey, seat.session);
    const found = await Promise.all(
      rows.map(async (row) => {
        const { body } = await open(key, { ...row, kind: KIND }, fromBase64(row.sealed));
        const { elements } = body as { elements?: unknown };
        return Array.isArray(elements) ? elements.flatMap((one) => clean(one) ?? []) : [];
      }),
    ).catch(() => []);
    return found.flat();
  }

  clear(): void {
    this.#marks = null;
    this.#turn += 1;
    this.#write([]);
  }

  #read(): Row[] {
    return readRows(this.#store, PLACE, isRow);
  }

  #write(rows: readonly Row[]): void {
    writeRows(this.#store, PLACE, rows);
  }
}

async function sealed({ session, epoch, contentKey }: Seat, elements: readonly Element[]): Promise<Row[]> {
  if (contentKey === null) return [];
  const key = await ContentKey.from(contentKey, session);
  const rows: Promise<Row>[] = [];
  for (let rest = elements; rest.length > 0; ) {
    const { elements: some, tooLarge } = parcel(rest);
    rest = rest.slice(some.length + tooLarge.length);
    const header = { session, epoch, sender: randomHex(32), id: randomHex(32) };
    rows.push(
      seal(key, { ...header, kind: KIND }, { elements: some }, 0, ZEROS).then((bytes) => ({ ...header, sealed: toBase64(bytes) })),
    );
  }
  return Promise.all(rows);
}

function isRow(row: unknown): row is Row {
  if (typeof row !== "object" || row === null) return false;
  const { session, epoch, sender, id, sealed: bytes } = row as Record<string, unknown>;
  return [session, sender, id, bytes].every((text) => typeof text === "string") && typeof epoch === "number";
}
