/** Files that others shared, fetched and opened: whole and checked, or any bytes by themselves. What comes
 * out is named by its content, never by what the sender says. It does not know the log. */
import { type Bytes, ContentKey, join, Unreadable } from "../sessions/envelope";
import { done } from "./bench";
import { CHUNK_BYTES, Cobblestone, fileContext, HEAD_BYTES, sealedBytes, spanOf } from "./cobblestone";
import type { Reader } from "./files";
import type { SharedFile } from "./ledger";
import { FileRefused } from "./refused";
import type { Place } from "./sending";
import { sniff } from "./sniff";
import { refused } from "./transfer";
import { refusalOf, WorkFailed } from "./work";

/** The whole file. Throws `FileRefused`: altered, disguised, gone, infected, pending, offline. */
export async function fetchBlob(
  place: Place,
  file: SharedFile,
  progress: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Blob> {
  const { id, size, sha256 } = file;
  const { key, context } = await sealOf(place, id);
  const task = { what: "open", key, context, url: `${place.all}/${id}`, headers: place.headers, size, sha256 } as const;
  let blob: Blob;
  try {
    ({ blob } = await done(task, progress, signal));
  } catch (error) {
    throw error instanceof WorkFailed ? refused(error.failed) : error;
  }
  const type = await sniff(blob).catch(() => null);
  // Our own page shares nothing else; whoever made this wants it to be opened.
  if (type === null) throw new FileRefused("disguised");
  return blob.slice(0, blob.size, type);
}

/** A reader of a file whose end is checked to be there. Throws `FileRefused`. */
export async function openReader(place: Place, { id, size }: SharedFile): Promise<Reader> {
  const { key, context } = await sealOf(place, id);
  const url = `${place.all}/${id}`;
  const { bytes: head, total } = await part(url, place.headers, 0, HEAD_BYTES);
  if (total !== sealedBytes(size)) throw new FileRefused("altered");
  const stone = await opened(Cobblestone.over(key, context, head));
  const reader: Reader = {
    size,
    async range(from, to, signal) {
      const end = Math.min(to, size);
      if (!(from >= 0 && from < end)) return new Uint8Array(0);
      const span = spanOf(from, end);
      const { bytes } = await part(url, place.headers, span.from, Math.min(span.to, total), signal);
      const clear = join(...(await opened(stone.open(bytes, span.first))));
      const skip = from - span.first * CHUNK_BYTES;
      return clear.slice(skip, skip + end - from);
    },
  };
  // The last chunk opens at its place only if it was the last one when it was sealed.
  const last = spanOf(size, size + 1);
  const { bytes } = await part(url, place.headers, last.from, total);
  await opened(stone.open(bytes, last.first));
  return reader;
}

async function part(
  url: string,
  headers: Readonly<Record<string, string>>,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<{ bytes: Bytes; total: number }> {
  const options = { headers: { ...headers, Range: `bytes=${from}-${to - 1}` }, cache: "no-store" } as const;
  const response = await fetch(url, { ...options, credentials: "same-origin", ...(signal ? { signal } : {}) }).catch(
    (error: unknown) => {
      throw new FileRefused(error instanceof DOMException && error.name === "AbortError" ? "cancelled" : "offline");
    },
  );
  if (!response.ok) throw refused(await refusalOf(response));
  const bytes = new Uint8Array(await response.arrayBuffer().catch(() => {
    throw new FileRefused("offline");
  }));
  const total = Number(/\/([0-9]+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? NaN);
  if (response.status !== 206 || bytes.length !== to - from) throw new FileRefused("altered");
  return { bytes, total };
}

async function opened<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Unreadable ? new FileRefused("altered") : error;
  }
}

async function sealOf({ relay, session }: Place, id: string): Promise<{ key: CryptoKey; context: Bytes }> {
  const raw = relay.admission?.contentKey ?? null;
  if (raw === null) throw new FileRefused("over");
  return { key: await (await ContentKey.from(raw, session)).fileKey(id), context: fileContext(session, id) };
}
