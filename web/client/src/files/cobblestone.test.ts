/** A sealed file opens only whole, unaltered and in its place; any part of it by itself. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, ContentKey, join, randomHex, Unreadable, unhex } from "../sessions/envelope";
import {
  bytesOf,
  CHUNK_BYTES,
  Cobblestone,
  fileContext,
  HEAD_BYTES,
  opening,
  sealedBytes,
  sealing,
  spanOf,
} from "./cobblestone";

interface Vector {
  name: string;
  content_key: string;
  session: string;
  file: string;
  context: string;
  salt: string;
  number: number;
  size: number;
  sealed: string;
}
interface Damage extends Partial<Vector> {
  name: string;
  of: string;
  keep?: number;
  flip?: number;
  without?: [number, number];
  more?: string;
}
interface SpanVector {
  start: number;
  end: number;
  sealed_start: number;
  sealed_end: number;
  first_chunk: number;
}
const path = resolve(import.meta.dirname, "../../../../tests/vectors/file.json");
const vectors = JSON.parse(readFileSync(path, "utf8")) as {
  opens: Vector[];
  unreadable: Damage[];
  spans: SpanVector[];
};

const clear = (size: number, number: number): Bytes =>
  Uint8Array.from({ length: size }, (_, at) => at * 31 + (at >> 8) * 17 + number);

async function* inSteps(bytes: Bytes, step: number): AsyncGenerator<Bytes> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function all(stream: AsyncIterable<Bytes[]>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const some of stream) parts.push(...some);
  return join(...parts);
}

async function place({ content_key: raw, session, file }: Pick<Vector, "content_key" | "session" | "file">) {
  const key = await (await ContentKey.from(unhex(raw), session)).fileKey(file);
  return { key, context: fileContext(session, file) };
}

async function opened(vector: Vector, sealed: Bytes, step = 7_000): Promise<Bytes> {
  const { key, context } = await place(vector);
  return all(opening(key, context, inSteps(sealed, step)));
}

/** Quicker than the test's own comparison, which tells where they differ. */
const equal = (one: Bytes, other: Bytes) => Buffer.compare(one, other) === 0;
const bytesIn = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

describe.each(vectors.opens)("$name", (vector) => {
  const text = clear(vector.size, vector.number);

  test("opens as the server's twin sealed it", async () => {
    expect(fileContext(vector.session, vector.file)).toEqual(unhex(vector.context));
    expect(await opened(vector, bytesIn(vector.sealed))).toEqual(text);
  });

  test("is sealed to the same bytes", async () => {
    const { key, context } = await place(vector);
    const stone = await Cobblestone.begin(key, context, unhex(vector.salt));
    const sealed = await all(sealing(stone, inSteps(text, 5_000)));
    expect(Buffer.from(sealed).toString("base64")).toBe(vector.sealed);
    expect(sealed.length).toBe(sealedBytes(vector.size));
  });
});

test.each(vectors.unreadable)("does not open: $name", async (damage) => {
  const vector = { ...vectors.opens.find(({ name }) => name === damage.of)!, ...damage };
  let sealed = bytesIn(vector.sealed);
  if (damage.flip !== undefined) sealed[damage.flip]! ^= 1;
  if (damage.without) sealed = join(sealed.subarray(0, damage.without[0]), sealed.subarray(damage.without[1]));
  sealed = join(sealed.subarray(0, damage.keep ?? sealed.length), unhex(damage.more ?? ""));
  await expect(opened(vector, sealed)).rejects.toThrow(Unreadable);
});

test.each(vectors.spans)("lies where the twin says: $start to $end", (vector) => {
  expect(spanOf(vector.start, vector.end)).toEqual({
    from: vector.sealed_start,
    to: vector.sealed_end,
    first: vector.first_chunk,
  });
});

test("any part opens by itself, whatever the pieces it came in", async () => {
  const [session, file] = [randomHex(32), randomHex(32)];
  const { key, context } = await place({ content_key: randomHex(64), session, file });
  const most = 70 * CHUNK_BYTES;
  const text = clear(most, 5);
  const range = fc.tuple(fc.nat(most), fc.nat(most), fc.nat(most), fc.integer({ min: 1_000, max: most }));
  await fc.assert(
    fc.asyncProperty(range, async ([size, one, other, step]) => {
      const whole = text.subarray(0, size);
      const stone = await Cobblestone.begin(key, context);
      const sealed = await all(sealing(stone, inSteps(whole, step)));
      expect(sealed.length).toBe(sealedBytes(size));
      expect(equal(await all(opening(key, context, inSteps(sealed, step))), whole)).toBe(true);
      const [from, to] = [Math.min(one, other, size), Math.max(one, other) + 1];
      const span = spanOf(from, to);
      const reader = await Cobblestone.over(key, context, sealed.slice(0, HEAD_BYTES));
      const part = join(...(await reader.open(sealed.subarray(span.from, span.to), span.first)));
      const skip = from - span.first * CHUNK_BYTES;
      expect(equal(part.subarray(skip, skip + to - from), whole.subarray(from, to))).toBe(true);
    }),
    { numRuns: 12 },
  );
});

test("a chunk in another place does not open", async () => {
  const [session, file] = [randomHex(32), randomHex(32)];
  const { key, context } = await place({ content_key: randomHex(64), session, file });
  const stone = await Cobblestone.begin(key, context);
  const [chunk] = await stone.seal(clear(CHUNK_BYTES, 1), 1);
  await expect(stone.open(chunk!, 0)).rejects.toThrow(Unreadable);
  await expect(stone.open(chunk!, 1)).resolves.toHaveLength(1);
});

test("a stream that nobody wants any longer is let go", async () => {
  let letGo = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (feed) => feed.enqueue(new Uint8Array(10)),
    cancel: () => void (letGo = true),
  });
  for await (const _ of bytesOf(stream)) break;
  expect(letGo).toBe(true);
});
