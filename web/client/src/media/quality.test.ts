/** The score is the server's score, and the numbers are what the browser counted. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { cause, measure, report, score, word, type Numbers } from "./quality";
import { received } from "./stall";

interface Vector extends Numbers {
  name: string;
  score: number;
  word: string;
  cause: string;
}
const path = resolve(import.meta.dirname, "../../../../tests/vectors/quality.json");

test.each(JSON.parse(readFileSync(path, "utf8")) as Vector[])("$name", (vector) => {
  expect([score(vector), word(vector), cause(vector)]).toEqual([vector.score, vector.word, vector.cause]);
});

const stats = (...rows: Record<string, unknown>[]) =>
  new Map(rows.map((row) => [row["id"], row])) as unknown as RTCStatsReport;
const transport = (facts: object) => ({ id: "T", type: "transport", selectedCandidatePairId: "P", ...facts });
const pair = { id: "P", type: "candidate-pair", currentRoundTripTime: 0.0421, localCandidateId: "L", remoteCandidateId: "R" };
const local = { id: "L", type: "local-candidate", candidateType: "relay", relayProtocol: "tls" };
const inbound = (facts: object) => ({ id: "V", type: "inbound-rtp", kind: "video", framesPerSecond: 29, jitter: 0.012, ...facts });

test("differences are taken from the last look", () => {
  const before = measure(
    stats(transport({ timestamp: 1000, bytesSent: 1000, bytesReceived: 0 }), pair, inbound({ packetsLost: 3, packetsReceived: 100 })),
    null,
  );
  expect(before.numbers).toMatchObject({ up_kbps: null, loss_pct: 2.9, rtt_ms: 42.1, path: "direct" });
  const later = stats(
    transport({ timestamp: 3000, bytesSent: 126_000, bytesReceived: 250_000 }),
    pair,
    local,
    inbound({ packetsLost: 13, packetsReceived: 190 }),
    { id: "RI", type: "remote-inbound-rtp", fractionLost: 0.02 },
  );
  expect(measure(later, before.counters).numbers).toEqual({
    rtt_ms: 42.1,
    loss_pct: 10,
    jitter_ms: 12,
    up_kbps: 500,
    down_kbps: 1000,
    fps: 29,
    path: "turn-tls",
  });
});

test("a browser without transport statistics is understood too", () => {
  const rows = [
    { ...pair, type: "candidate-pair", selected: true, timestamp: 1000 },
    inbound({ packetsLost: 0, packetsReceived: 100, bytesReceived: 0 }),
    { id: "O", type: "outbound-rtp", bytesSent: 0 },
  ];
  const before = measure(stats(...rows), null);
  const later = stats(
    { ...pair, selected: true, timestamp: 2000 },
    inbound({ packetsLost: 0, packetsReceived: 200, bytesReceived: 125_000 }),
    { id: "O", type: "outbound-rtp", bytesSent: 62_500 },
  );
  expect(measure(later, before.counters).numbers).toMatchObject({ path: "direct", up_kbps: 500, down_kbps: 1000 });
  expect(received(later)).toBe(200);
});

test("no statistics are no path", () => {
  const { numbers } = measure(stats(), null);
  expect(report(numbers)).toMatchObject({ path: "none", score: 0, word: "none", cause: "no-path" });
});

test("a device of one's own that fails is named where nothing else hurts", () => {
  const { numbers } = measure(stats(transport({ timestamp: 1 }), pair), null);
  expect(report(numbers, true)).toMatchObject({ word: "good", cause: "device" });
});
