/** Promise 3: what is sealed here opens only in its place, and on both ends alike. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ContentKey,
  fromBase64,
  open,
  paddedBytes,
  randomHex,
  seal,
  sha256,
  toBase64,
  unhex,
  Unreadable,
  ZEROS,
  type Header,
} from "./envelope";
import { KINDS, type KindName } from "./events";

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const id = (digits: number) =>
  fc.uint8Array({ minLength: digits / 2, maxLength: digits / 2 }).map(toHex);
const kind = fc.constantFrom(...(Object.keys(KINDS) as KindName[]));
const header: fc.Arbitrary<Header> = fc.record({
  session: id(32),
  sender: id(32),
  id: id(32),
  kind,
  epoch: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
});
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((raw) => new Uint8Array(raw));
const body = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));

describe("an envelope", () => {
  test("gives back body, counter and previous hash", async () => {
    await fc.assert(
      fc.asyncProperty(header, secret, body, fc.nat(2 ** 31), async (header, raw, body, counter) => {
        const key = await ContentKey.from(raw, header.session);
        const previous = await sha256(raw);
        const opened = await open(key, header, await seal(key, header, body, counter, previous));
        expect(opened).toEqual({ body: JSON.parse(JSON.stringify(body)), counter, previous });
      }),
      { numRuns: 60 },
    );
  });

  test("does not open when any single bit differs", async () => {
    const place = sample();
    const key = await ContentKey.from(unhex(randomHex(64)), place.session);
    const sealed = await seal(key, place, { text: "Guten Tag" }, 0, ZEROS);
    await expect(open(key, place, sealed)).resolves.toBeDefined();
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bent = sealed.slice();
      bent[bit >> 3]! ^= 1 << (bit & 7);
      await expect(open(key, place, bent)).rejects.toThrow(Unreadable);
    }
  });

  test.each(["session", "sender", "id", "kind", "epoch"] as const)(
    "does not open under another %s",
    async (field) => {
      const place = sample();
      const other = { ...sample(), kind: "chat.typing" as const, epoch: 2 };
      const raw = unhex(randomHex(64));
      const key = await ContentKey.from(raw, place.session);
      const sealed = await seal(key, place, { text: "hallo" }, 0, ZEROS);
      const moved = { ...place, [field]: other[field] };
      const there = await ContentKey.from(raw, moved.session);
      await expect(open(there, moved, sealed)).rejects.toThrow(Unreadable);
    },
  );

  test("turns junk into the one error", async () => {
    const place = sample();
    const key = await ContentKey.from(unhex(randomHex(64)), place.session);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (junk) => {
        await expect(open(key, place, new Uint8Array(junk))).rejects.toThrow(Unreadable);
      }),
      { numRuns: 100 },
    );
  });

  test("hides the length of what it holds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200_000 }), (bytes) => {
        const padded = paddedBytes(bytes);
        expect(padded).toBeGreaterThanOrEqual(bytes);
        expect(padded).toBeLessThanOrEqual(Math.max(bytes + 255, bytes * 1.125));
        expect(paddedBytes(padded)).toBe(padded);
      }),
    );
  });
});

test("base64 has one text for each run of bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      expect(toBase64(new Uint8Array(bytes))).toBe(text);
      expect(fromBase64(text)).toEqual(new Uint8Array(bytes));
    }),
  );
  const long = crypto.getRandomValues(new Uint8Array(20_001)); // more than one run
  expect(toBase64(long)).toBe(Buffer.from(long).toString("base64"));
  expect(fromBase64(toBase64(long))).toEqual(long);
  for (const bent of ["QQ", "QQ=", "QR==", "Q Q==", "QQ==\n", "Q-==", "é==="]) {
    expect(() => fromBase64(bent)).toThrow(Unreadable);
  }
});

interface Vector extends Header {
  name: string;
  content_key: string;
  sealed: string;
  counter: number;
  previous: string;
  body: object;
}

const path = resolve(import.meta.dirname, "../../../../tests/vectors/envelope.json");
const vectors = JSON.parse(readFileSync(path, "utf8")) as Record<"opens" | "unreadable", Vector[]>;

test.each(vectors.opens)("opens what the server's twin sealed: $name", async (vector) => {
  const key = await ContentKey.from(unhex(vector.content_key), vector.session);
  const opened = await open(key, vector, unhex(vector.sealed));
  const { body, counter } = vector;
  expect(opened).toEqual({ body, counter, previous: unhex(vector.previous) });
  const again = await seal(key, vector, opened.body, counter, opened.previous);
  expect(again.length).toBe(vector.sealed.length / 2);
});

test.each(vectors.unreadable)("refuses what the server's twin refuses: $name", async (vector) => {
  const key = await ContentKey.from(unhex(vector.content_key), vector.session);
  await expect(open(key, vector, unhex(vector.sealed))).rejects.toThrow(Unreadable);
});

function sample(): Header {
  return {
    session: randomHex(32),
    sender: randomHex(32),
    id: randomHex(32),
    kind: "chat.message",
    epoch: 1,
  };
}
