/** Seals and opens one file in chunks of 16 KiB: Cobblestone-256 (https://c2sp.org/chunked-encryption,
 * with SHA-512), twin of the file half of sessions/envelope.py. Any chunk opens by itself; what was
 * altered, cut short or moved does not open. It does not know where files lie. */
import { type Bytes, join, Unreadable, unhex } from "../sessions/envelope";

export const CHUNK_BYTES = 16_384;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
export const SALT_BYTES = 24;
/** Salt, then what the key is committed to. */
export const HEAD_BYTES = SALT_BYTES + 32;
/** Chunks that are in the works at once: WebCrypto answers late, but many at a time. */
const AT_ONCE = 64;

const encoder = new TextEncoder();
const LABEL = encoder.encode("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");

/** Where a file belongs; it opens nowhere else. */
export function fileContext(session: string, file: string): Bytes {
  return join(encoder.encode("visavis/1|file|"), unhex(session), unhex(file));
}

/** How many bytes a file of so many has when sealed. */
export function sealedBytes(bytes: number): number {
  return HEAD_BYTES + bytes + TAG_BYTES * (Math.floor(bytes / CHUNK_BYTES) + 1);
}

export interface Span {
  /** Sealed bytes, from and up to but not including. The end may lie beyond the file's. */
  readonly from: number;
  readonly to: number;
  /** Number of the first chunk. */
  readonly first: number;
}

/** Where the clear bytes `from` up to but not `to` are. */
export function spanOf(from: number, to: number): Span {
  const first = Math.floor(from / CHUNK_BYTES);
  const last = Math.floor((to - 1) / CHUNK_BYTES);
  return {
    from: HEAD_BYTES + first * SEALED_CHUNK_BYTES,
    to: HEAD_BYTES + (last + 1) * SEALED_CHUNK_BYTES,
    first,
  };
}

/** One file under one salt. */
export class Cobblestone {
  /** The first 56 bytes of the sealed file. */
  readonly head: Bytes;
  readonly #key: CryptoKey;
  readonly #nonce: Bytes;

  private constructor(head: Bytes, key: CryptoKey, nonce: Bytes) {
    this.head = head;
    this.#key = key;
    this.#nonce = nonce;
  }

  /** For sealing. `key` is ContentKey.fileKey; `salt` is given only by test vectors. */
  static async begin(key: CryptoKey, context: Bytes, salt = newSalt()): Promise<Cobblestone> {
    const { commitment, aes, nonce } = await derive(key, context, salt);
    return new Cobblestone(join(salt, commitment), aes, nonce);
  }

  /** For opening what begins with `head`. Throws `Unreadable` if it is not of this key and place. */
  static async over(key: CryptoKey, context: Bytes, head: Bytes): Promise<Cobblestone> {
    if (head.length !== HEAD_BYTES) throw new Unreadable();
    const { commitment, aes, nonce } = await derive(key, context, head.subarray(0, SALT_BYTES));
    if (!same(commitment, head.subarray(SALT_BYTES))) throw new Unreadable();
    return new Cobblestone(head, aes, nonce);
  }

  /** These clear bytes sealed, as chunks of which the first has this number. */
  async seal(clear: Bytes, first: number): Promise<Bytes[]> {
    const sealed = chunks(clear, CHUNK_BYTES).map((chunk, at) =>
      crypto.subtle.encrypt({ name: "AES-GCM", iv: this.#at(first + at) }, this.#key, chunk),
    );
    return (await Promise.all(sealed)).map((chunk) => new Uint8Array(chunk));
  }

  /** The clear bytes of these sealed chunks. Throws `Unreadable`. */
  async open(sealed: Bytes, first: number): Promise<Bytes[]> {
    const clear = chunks(sealed, SEALED_CHUNK_BYTES).map((chunk, at) =>
      crypto.subtle.decrypt({ name: "AES-GCM", iv: this.#at(first + at) }, this.#key, chunk),
    );
    try {
      return (await Promise.all(clear)).map((chunk) => new Uint8Array(chunk));
    } catch {
      throw new Unreadable();
    }
  }

  #at(number: number): Bytes {
    const nonce = this.#nonce.slice();
    const view = new DataView(nonce.buffer);
    view.setBigUint64(4, view.getBigUint64(4) ^ BigInt(number));
    return nonce;
  }
}

/** The sealed bytes of a stream of clear ones, about a megabyte at a time. */
export async function* sealing(stone: Cobblestone, clear: AsyncIterable<Bytes>): AsyncGenerator<Bytes[]> {
  let number = 0;
  yield [stone.head];
  for await (const { bytes, last } of portions(clear, CHUNK_BYTES)) {
    const sealed = await stone.seal(bytes, number);
    number += sealed.length;
    // A file ends with a chunk that is not full, though it be empty: so nobody can cut it short.
    if (last && bytes.length % CHUNK_BYTES === 0 && bytes.length > 0) {
      sealed.push(...(await stone.seal(EMPTY, number)));
    }
    yield sealed;
  }
}

/** The clear bytes of a sealed stream, about a megabyte at a time. They may be cut short until this
 * has come to its end. Throws `Unreadable`. */
export async function* opening(key: CryptoKey, context: Bytes, sealed: AsyncIterable<Bytes>): AsyncGenerator<Bytes[]> {
  const { head, rest } = await split(sealed);
  const stone = await Cobblestone.over(key, context, head);
  let number = 0;
  for await (const { bytes, last } of portions(rest, SEALED_CHUNK_BYTES)) {
    const end = bytes.length % SEALED_CHUNK_BYTES;
    if (last && (end === 0 || end < TAG_BYTES)) throw new Unreadable();
    const clear = await stone.open(bytes, number);
    number += clear.length;
    yield clear;
  }
}

export async function* bytesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Bytes> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value as Bytes;
    }
  } finally {
    // Whoever stops listening wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
}

const EMPTY: Bytes = new Uint8Array(0);

/** The bytes regrouped into whole chunks, many at once; the last portion may end with part of one. */
async function* portions(source: AsyncIterable<Bytes>, chunk: number): AsyncGenerator<{ bytes: Bytes; last: boolean }> {
  const most = chunk * AT_ONCE;
  let held: Bytes[] = [];
  let size = 0;
  for await (const piece of source) {
    held.push(piece);
    size += piece.length;
    // One byte more than is given on is kept: the last portion is then never empty by accident.
    if (size <= most) continue;
    const whole = join(...held);
    let at = 0;
    for (; whole.length - at > most; at += most) yield { bytes: whole.subarray(at, at + most), last: false };
    held = [whole.subarray(at)];
    size = whole.length - at;
  }
  yield { bytes: join(...held), last: true };
}

async function split(source: AsyncIterable<Bytes>): Promise<{ head: Bytes; rest: AsyncIterable<Bytes> }> {
  const pieces = source[Symbol.asyncIterator]();
  let first: Bytes = EMPTY;
  while (first.length < HEAD_BYTES) {
    const { done, value } = await pieces.next();
    if (done === true) throw new Unreadable();
    first = join(first, value);
  }
  async function* rest(): AsyncGenerator<Bytes> {
    yield first.subarray(HEAD_BYTES);
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { head: first.slice(0, HEAD_BYTES), rest: rest() };
}

/** At least one, though it be empty. */
function chunks(bytes: Bytes, size: number): Bytes[] {
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function newSalt(): Bytes {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES));
}

/** HKDF-Expand (RFC 5869) to 76 bytes: 32 of key, 12 of nonce, 32 of commitment. */
async function derive(key: CryptoKey, context: Bytes, salt: Bytes) {
  const info = join(LABEL, salt, context);
  const one = await sign(key, join(info, Uint8Array.of(1)));
  const two = await sign(key, join(one, info, Uint8Array.of(2)));
  const okm = join(one, two);
  const raw = okm.subarray(0, 32);
  const aes = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { aes, nonce: okm.slice(32, 44), commitment: okm.slice(44, 76) };
}

async function sign(key: CryptoKey, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, data));
}

function same(one: Bytes, other: Bytes): boolean {
  return one.every((byte, at) => byte === other[at]);
}
