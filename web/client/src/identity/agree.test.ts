/** The words: what they depend on, and that others can compute them from PROTOCOL.md. */
import { expect, test } from "vitest";
import { commitment, type Facts, wordsOf } from "./agree";
import { WORDS } from "./words";

const FACTS: Facts = {
  session: "0123456789abcdef0123456789abcdef",
  key: new Uint8Array(32).fill(7),
  nonces: { first: new Uint8Array(32).fill(1), second: new Uint8Array(32).fill(2) },
  fingerprints: { first: `sha-256 ${Array(32).fill("aa").join(":")}`, second: `sha-256 ${Array(32).fill("bb").join(":")}` },
};

test("the list is 256 words, each once, that need no explaining", () => {
  expect([WORDS.length, new Set(WORDS).size]).toEqual([256, 256]);
  expect(WORDS.every((word) => /^[A-Z][a-z]{2,}$/.test(word))).toBe(true);
});

// By Python's cryptography, from the words of PROTOCOL.md alone.
const EXPECTED = {
  words: ["Comeback", "Asteroid"],
  commit: "fd9906ab477d6aaa7c4cbacbd4992c55a2912e9507a0c6a8e8e7b1015a2d7490",
};
test("they come out as the protocol says", async () => {
  expect(await wordsOf(FACTS)).toEqual(EXPECTED.words);
  expect(Buffer.from(await commitment(FACTS.nonces.first)).toString("hex")).toBe(EXPECTED.commit);
});

test("everything that goes in changes them", async () => {
  const { nonces, fingerprints } = FACTS;
  const others: Facts[] = [
    { ...FACTS, session: "f".repeat(32) },
    { ...FACTS, key: new Uint8Array(32).fill(8) },
    { ...FACTS, nonces: { ...nonces, first: nonces.second } },
    { ...FACTS, nonces: { ...nonces, second: nonces.first } },
    { ...FACTS, nonces: { first: nonces.second, second: nonces.first } },
    { ...FACTS, fingerprints: { ...fingerprints, first: fingerprints.second } },
    { ...FACTS, fingerprints: { ...fingerprints, second: fingerprints.first } },
  ];
  const all = await Promise.all([FACTS, ...others].map(wordsOf));
  expect(new Set(all.map((words) => words.join())).size).toBe(8);
});
