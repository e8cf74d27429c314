/** Solves an ALTCHA 2 challenge: tries one counter after the other until the derived key begins as asked.
    Knows nothing of pages, and runs wherever there is Web Crypto. */

export interface Parameters {
  algorithm: string;
  nonce: string;
  salt: string;
  cost: number;
  keyLength: number;
  keyPrefix: string;
}

export interface Solution {
  counter: number;
  derivedKey: string;
}

const MOST_ATTEMPTS = 100_000;

/** The solution; null for what is no challenge of ours, or has none. */
export async function solve(parameters: Parameters): Promise<Solution | null> {
  const { algorithm, cost, keyLength, keyPrefix } = parameters;
  if (algorithm !== "PBKDF2/SHA-256" || !keyPrefix) return null;
  const nonce = bytesOf(parameters.nonce);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(parameters.salt), iterations: cost };
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  for (let counter = 0; counter < MOST_ATTEMPTS; counter += 1) {
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(await crypto.subtle.deriveBits(how, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey };
  }
  return null;
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hexOf(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
