/** The heavy half: seals a whole file, fetches and opens a whole file. Runs beside the page where there
 * is much to do (worker.ts). It knows one file at a time, and nothing of sessions. */
import { type Bytes, hex, sha256, Unreadable } from "../sessions/envelope";
import { bytesOf, Cobblestone, opening, sealing } from "./cobblestone";

interface Place {
  /** ContentKey.fileKey. */
  readonly key: CryptoKey;
  /** cobblestone.fileContext. */
  readonly context: Bytes;
}
export interface SealTask extends Place {
  readonly what: "seal";
  readonly clear: Blob;
}
export interface OpenTask extends Place {
  readonly what: "open";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}
export type Task = SealTask | OpenTask;

export interface Done {
  /** Sealed, or clear. */
  readonly blob: Blob;
  /** Of the clear bytes, hexadecimal. */
  readonly sha256: string;
}
/** A refusal: of the server with its status, code and words, or our own with status 0. */
export interface Failed {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

export class WorkFailed extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.code);
    this.failed = failed;
  }
}

export type Progress = (bytes: number) => void;

/** Throws `WorkFailed`. */
export async function work(task: Task, progress: Progress, signal?: AbortSignal): Promise<Done> {
  try {
    return task.what === "seal" ? await seal(task, progress) : await open(task, progress, signal);
  } catch (error) {
    if (error instanceof WorkFailed) throw error;
    throw own(error instanceof Unreadable ? "altered" : error instanceof DOMException ? "unreadable" : "offline");
  }
}

/** Read once, into memory: what is hashed is what is sealed, though the file may change meanwhile. */
async function seal({ key, context, clear }: SealTask, progress: Progress): Promise<Done> {
  const bytes = new Uint8Array(await clear.arrayBuffer());
  const stone = await Cobblestone.begin(key, context);
  const hash = sha256(bytes);
  const pieces: Blob[] = [];
  let size = 0;
  for await (const some of sealing(stone, once(bytes))) {
    pieces.push(new Blob(some));
    for (const { length } of some) size += length;
    progress(size);
  }
  return { blob: new Blob(pieces), sha256: hex(await hash) };
}

async function open(task: OpenTask, progress: Progress, signal?: AbortSignal): Promise<Done> {
  const { key, context, url, headers } = task;
  const response = await fetch(url, {
    headers,
    cache: "no-store",
    credentials: "same-origin",
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok || response.body === null) throw new WorkFailed(await refusalOf(response));
  const pieces: Blob[] = [];
  let size = 0;
  for await (const some of opening(key, context, bytesOf(response.body))) {
    pieces.push(new Blob(some));
    for (const { length } of some) size += length;
    // More than was said is never wanted, however much there is.
    if (size > task.size) throw own("altered");
    progress(size);
  }
  const blob = new Blob(pieces);
  const hash = hex(await sha256(new Uint8Array(await blob.arrayBuffer())));
  if (blob.size !== task.size || hash !== task.sha256) throw own("altered");
  return { blob, sha256: hash };
}

/** What the server says, as JSON, or the status alone. */
export async function refusalOf(response: Response): Promise<Failed> {
  const said = (await response.json().catch(() => ({}))) as { error?: { code?: string; text?: string } };
  return { status: response.status, code: said.error?.code ?? "", text: said.error?.text ?? "" };
}

async function* once(bytes: Bytes): AsyncGenerator<Bytes> {
  yield bytes;
}

function own(code: string): WorkFailed {
  return new WorkFailed({ status: 0, code, text: "" });
}
