/** The arithmetic of identity words: what both ends put in, and the two words that come out.
 * It does not know how anything travels. */
import { type Bytes, join, sha256, unhex } from "../sessions/envelope";
import { WORDS } from "./words";

export type Words = readonly [string, string];

/** What the words stand for. "First" is the end that commits, on both sides. */
export interface Facts {
  readonly session: string;
  /** Raw content key. */
  readonly key: Bytes;
  /** 32 bytes of each end. */
  readonly nonces: { readonly first: Bytes; readonly second: Bytes };
  /** As in SDP, lower case: "sha-256 ab:cd:…". */
  readonly fingerprints: { readonly first: string; readonly second: string };
}

const encoder = new TextEncoder();

/** Said before the other end's nonce is known: who stands between cannot choose theirs to fit. */
export async function commitment(nonce: Bytes): Promise<Bytes> {
  return await sha256(join(encoder.encode("visavis/1|commit|"), nonce));
}

/** 16 bits of HKDF-SHA256 of the content key; salt = SHA-256 of both fingerprints, a line each, and both
 * nonces; info = "visavis/1|identity|" session. A byte is a word. */
export async function wordsOf({ session, key, nonces, fingerprints }: Facts): Promise<Words> {
  const lines = encoder.encode(`${fingerprints.first}\n${fingerprints.second}\n`);
  const salt = await sha256(join(lines, nonces.first, nonces.second));
  const info = join(encoder.encode("visavis/1|identity|"), unhex(session));
  const material = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const bits = new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, material, 16));
  return [WORDS[bits[0] ?? 0] ?? "", WORDS[bits[1] ?? 0] ?? ""];
}
