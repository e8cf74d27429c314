/** Descriptions and candidates from elsewhere, judged as the server's twin judges them. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { allowed, clean, SdpRefused, startAt } from "./sdp";

interface Options {
  name: string;
  loopback?: boolean;
  relay_only?: boolean;
}
type Description = Options & { sdp: string; cleaned?: string; refused?: string };
type Candidate = Options & { candidate: string; allowed: boolean };

const read = <T>(name: string) =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../../tests/vectors", name), "utf8")) as T;
const reach = ({ loopback = false, relay_only: relayOnly = false }: Options) => ({ loopback, relayOnly });

const descriptions = read<Description[]>("sdp.json");

/** What became of it, or the code of the refusal. */
function outcome(text: string, options: Options): string {
  try {
    return clean(text, reach(options));
  } catch (error) {
    if (error instanceof SdpRefused) return error.code;
    throw error;
  }
}

test.each(descriptions)("description: $name", (vector) => {
  expect(outcome(vector.sdp, vector)).toBe(vector.cleaned ?? vector.refused);
});

test.each(read<Candidate[]>("candidates.json"))("candidate: $name", (vector) => {
  expect(allowed(vector.candidate, reach(vector))).toBe(vector.allowed);
});

test("nothing makes the filter fail", () => {
  const lines = descriptions[0]!.sdp.split("\r\n");
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom(...lines)).map((some) => `${some.join("\r\n")}\r\n`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(typeof allowed(text)).toBe("boolean");
      const once = outcome(text, { name: "" });
      expect(once.startsWith("v=0") ? clean(once) : once).toBe(once);
    }),
  );
});

test("an IPv6 address is judged alike in every spelling", () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const line = (text: string) => `candidate:1 1 udp 1 ${text} 5000 typ host`;
      const spelled = new URL(`http://[${address}]`).hostname.slice(1, -1);
      expect(allowed(line(address))).toBe(allowed(line(spelled)));
    }),
  );
});

test("the start of the picture is asked for once, and nothing else changes", () => {
  const plain = descriptions[0]!.sdp;
  const asked = startAt(plain, 900);
  expect(asked).toBe(plain.replace("VP8/90000\r\n", "VP8/90000\r\na=fmtp:96 x-google-start-bitrate=900\r\n"));
  expect(startAt(asked, 500)).toBe(asked);
  expect(startAt(plain.replace("VP8", "VP9"), 900)).toBe(plain.replace("VP8", "VP9"));
  expect(clean(asked)).toBe(asked);
});
