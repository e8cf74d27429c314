/** Seals and opens single events: byte-identical twin of sessions/envelope.py, on WebCrypto.
 * Keys cannot be read back out of the browser. It does not know order, counters or sockets. */
import { KINDS, type KindName } from "./events";

export type Bytes = Uint8Array<ArrayBuffer>;

/** The clear header, which is bound to the sealed bytes: nothing opens in another place. */
export interface Header {
  readonly session: string;
  readonly sender: string;
  readonly id: string;
  readonly kind: KindName;
  readonly epoch: number;
}

export interface Plain {
  readonly body: object;
  readonly counter: number;
  readonly previous: Bytes;
}

/** Does not open, for whatever reason: the same error for all of them. */
export class Unreadable extends Error {
  override name = "Unreadable";
}

export const ZEROS: Bytes = new Uint8Array(32);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FRONT_BYTES = 40; // counter, previous, length
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The content key of one session and epoch; hands out the event key of each sender. */
export class ContentKey {
  readonly #material: CryptoKey;
  readonly #session: Bytes;
  readonly #senders = new Map<string, Promise<CryptoKey>>();

  private constructor(material: CryptoKey, session: Bytes) {
    this.#material = material;
    this.#session = session;
  }

  static async from(raw: Bytes, session: string): Promise<ContentKey> {
    const material = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
    return new ContentKey(material, unhex(session));
  }

  /** HKDF-SHA256 without salt; info = "visavis/1|event|" session sender. */
  eventKey(sender: string): Promise<CryptoKey> {
    let key = this.#senders.get(sender);
    if (key === undefined) {
      const info = join(encoder.encode("visavis/1|event|"), this.#session, unhex(sender));
      key = crypto.subtle.deriveKey(
        { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
        this.#material,
        { name: "AES-GCM", length: 256 },
        false,
        ["encrypt", "decrypt"],
      );
      this.#senders.set(sender, key);
    }
    return key;
  }

  /** As eventKey, with info = "visavis/1|file|" session file: what files/cobblestone.ts takes. */
  async fileKey(file: string): Promise<CryptoKey> {
    const info = join(encoder.encode("visavis/1|file|"), this.#session, unhex(file));
    return crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
      this.#material,
      { name: "HMAC", hash: "SHA-512", length: 256 },
      false,
      ["sign"],
    );
  }
}

/** Seal `body` (anything JSON can say). `previous` and `counter`: see PROTOCOL.md, envelope. */
export async function seal(
  key: ContentKey,
  header: Header,
  body: object,
  counter: number,
  previous: Bytes,
): Promise<Bytes> {
  const content = encoder.encode(JSON.stringify(body));
  const plain = new Uint8Array(paddedBytes(FRONT_BYTES + content.length));
  const view = new DataView(plain.buffer);
  view.setUint32(0, counter);
  plain.set(previous, 4);
  view.setUint32(36, content.length);
  plain.set(content, FRONT_BYTES);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: bound(header) };
  const sealed = await crypto.subtle.encrypt(algorithm, await key.eventKey(header.sender), plain);
  return join(nonce, new Uint8Array(sealed));
}

/** Open what `seal` made. Throws `Unreadable` and nothing else. */
export async function open(key: ContentKey, header: Header, sealed: Bytes): Promise<Plain> {
  try {
    const algorithm = {
      name: "AES-GCM",
      iv: sealed.subarray(0, NONCE_BYTES),
      additionalData: bound(header),
    };
    const eventKey = await key.eventKey(header.sender);
    const ciphertext = sealed.subarray(NONCE_BYTES);
    if (ciphertext.length < FRONT_BYTES + TAG_BYTES) throw new Unreadable();
    return unpack(new Uint8Array(await crypto.subtle.decrypt(algorithm, eventKey, ciphertext)));
  } catch {
    throw new Unreadable();
  }
}

function unpack(plain: Bytes): Plain {
  const view = new DataView(plain.buffer);
  const end = FRONT_BYTES + view.getUint32(36);
  if (plain.length !== paddedBytes(end) || plain.subarray(end).some((byte) => byte !== 0)) {
    throw new Unreadable();
  }
  const body: unknown = JSON.parse(decoder.decode(plain.subarray(FRONT_BYTES, end)));
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Unreadable();
  return {
    body,
    counter: view.getUint32(0),
    previous: plain.slice(4, 36),
  };
}

/** Associated data, 56 bytes: version, suite, session, epoch, sender, event id, kind code. */
function bound(header: Header): Bytes {
  const data = new Uint8Array(56);
  const view = new DataView(data.buffer);
  data.set([1, 1]);
  data.set(unhex(header.session), 2);
  view.setUint32(18, header.epoch);
  data.set(unhex(header.sender), 22);
  data.set(unhex(header.id), 38);
  view.setUint16(54, KINDS[header.kind].code);
  return data;
}

/** Multiples of 256 hide the length of a message; above 4096, Padmé (at most 12 % more). */
export function paddedBytes(bytes: number): number {
  if (bytes <= 4096) return Math.ceil(bytes / 256) * 256;
  const exponent = 31 - Math.clz32(bytes);
  const step = 2 ** (exponent - (32 - Math.clz32(exponent)));
  return Math.ceil(bytes / step) * step;
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export function unhex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Unreadable();
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Lower case. */
export function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `digits` random hex digits, for ids. */
export function randomHex(digits: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(digits / 2)));
}

/** Standard base64 with padding. */
export function toBase64(data: Bytes): string {
  let text = "";
  // As many at once as may be arguments of a call everywhere.
  for (let at = 0; at < data.length; at += 8_192) text += String.fromCharCode(...data.subarray(at, at + 8_192));
  return btoa(text);
}

/** Throws `Unreadable` if it is not the one canonical base64 text of some bytes. */
export function fromBase64(text: string): Bytes {
  try {
    const letters = atob(text);
    if (btoa(letters) !== text) throw new Unreadable();
    const bytes = new Uint8Array(letters.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
    return bytes;
  } catch {
    // Falls through to the one error there is.
  }
  throw new Unreadable();
}

export function join(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
