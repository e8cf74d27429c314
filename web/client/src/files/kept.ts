/** What of an upload survives a reload of its page: the sealed bytes and, sealed too, what they are.
 * Kept in this browser only as long as the upload runs. It does not know how they travel. */
import type { Bodies } from "../sessions/bodies";
import { fits } from "../sessions/bodies";
import { type Bytes, type ContentKey, open, randomHex, seal, ZEROS } from "../sessions/envelope";

const DATABASE = "visavis-uploads";
const STORE = "uploads";
/** The server forgets what was not finished by then. */
const LONGEST_MS = 24 * 3_600_000;

export type Facts = Bodies["file.shared"];

interface Row {
  readonly file: string;
  readonly session: string;
  readonly sender: string;
  readonly epoch: number;
  readonly at: number;
  readonly sealed: Blob;
  readonly facts: Bytes;
}

export interface Kept {
  readonly facts: Facts;
  readonly sealed: Blob;
}

/** Quietly nothing, where the browser keeps nothing: then a reload ends the upload. */
export async function keep(key: ContentKey, session: string, epoch: number, { facts, sealed }: Kept): Promise<void> {
  const { file } = facts;
  const sender = randomHex(32);
  const header = { session, sender, id: file, kind: "file.shared", epoch } as const;
  const row = { file, session, sender, epoch, at: Date.now(), sealed, facts: await seal(key, header, facts, 0, ZEROS) };
  await run("readwrite", (store) => store.put(row satisfies Row)).catch(() => undefined);
}

export async function take(key: ContentKey, session: string, file: string): Promise<Kept | null> {
  const row = await run<Row | undefined>("readonly", (store) => store.get(file)).catch(() => undefined);
  if (row === undefined || row.session !== session) return null;
  const header = { session, sender: row.sender, id: file, kind: "file.shared", epoch: row.epoch } as const;
  const plain = await open(key, header, row.facts).catch(() => null);
  if (plain === null || !fits("file.shared", plain.body)) return null;
  return { facts: plain.body, sealed: row.sealed };
}

/** Away with it, with what is too old, and with the place itself once it is empty. */
export async function drop(file: string): Promise<void> {
  await run("readwrite", (store) => store.delete(file)).catch(() => undefined);
  const rows = await run<Row[]>("readonly", (store) => store.getAll()).catch((): Row[] => []);
  const old = rows.filter((row) => Date.now() - row.at > LONGEST_MS);
  for (const row of old) await run("readwrite", (store) => store.delete(row.file)).catch(() => undefined);
  if (rows.length === old.length) globalThis.indexedDB?.deleteDatabase(DATABASE);
}

async function run<Result>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<Result> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE, { keyPath: "file" }));
  const database = await answer<IDBDatabase>(opening);
  try {
    const transaction = database.transaction(STORE, mode);
    const stored = new Promise<void>((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("aborted")));
    });
    const result = await answer<Result>(ask(transaction.objectStore(STORE)));
    await stored;
    return result;
  } finally {
    database.close();
  }
}

function answer<Result>(request: IDBRequest): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result as Result));
    request.addEventListener("error", () => reject(request.error ?? new Error("refused")));
  });
}
