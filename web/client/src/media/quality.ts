/** From the browser's statistics to a few numbers, one score, one word and one cause; the score as
 * in media/quality.py. Pure: it does not know where the statistics come from. */
import type { Cause, Path, Report, Word } from "../sessions/bodies";

export interface Numbers {
  rtt_ms: number | null;
  loss_pct: number | null;
  jitter_ms: number | null;
  up_kbps: number | null;
  down_kbps: number | null;
  fps: number | null;
  path: Path;
}

/** Counters that only make sense as differences. */
export interface Counters {
  readonly atMs: number;
  readonly lost: number;
  readonly received: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

type Stat = Record<string, unknown> & { id: string; type: string };

/** What changed since `before`, which came from the statistics of the same connection. */
export function measure(stats: RTCStatsReport, before: Counters | null): { numbers: Numbers; counters: Counters } {
  const of = sorted(stats);
  const pair = selected(stats, of);
  const inbound = of("inbound-rtp");
  const video = inbound.find((stat) => stat["kind"] === "video");
  const counters = {
    atMs: Number(of("transport")[0]?.["timestamp"] ?? pair?.["timestamp"] ?? 0),
    lost: sum(inbound, "packetsLost"),
    received: sum(inbound, "packetsReceived"),
    bytesUp: sum(of("transport", "outbound-rtp"), "bytesSent"),
    bytesDown: sum(of("transport", "inbound-rtp"), "bytesReceived"),
  };
  const lostUp = of("remote-inbound-rtp").map((stat) => 100 * Number(stat["fractionLost"] ?? 0));
  const jitter = inbound.map((stat) => 1000 * Number(stat["jitter"] ?? 0));
  const rtt = pair?.["currentRoundTripTime"];
  const numbers = {
    rtt_ms: typeof rtt === "number" ? tenth(rtt * 1000) : null,
    loss_pct: inbound.length === 0 ? null : tenth(Math.max(lossPct(before, counters), ...lostUp)),
    jitter_ms: inbound.length === 0 ? null : tenth(Math.max(...jitter)),
    ...rates(before, counters),
    fps: typeof video?.["framesPerSecond"] === "number" ? video["framesPerSecond"] : null,
    path: pathOf(stats, pair),
  };
  return { numbers, counters };
}

/** Statistics of a type; of `instead` where the browser has none of it. */
function sorted(stats: RTCStatsReport): (type: string, instead?: string) => Stat[] {
  const all = Array.from(stats.values()) as Stat[];
  return (type, instead) => {
    const found = all.filter((stat) => stat.type === type);
    return found.length > 0 || instead === undefined ? found : all.filter((stat) => stat.type === instead);
  };
}

/** The pair of candidates in use. Browsers without transport statistics mark the pair itself. */
function selected(stats: RTCStatsReport, of: (type: string) => Stat[]): Stat | undefined {
  const id = of("transport").find((stat) => stat["selectedCandidatePairId"] !== undefined);
  if (id !== undefined) return stats.get(String(id["selectedCandidatePairId"])) as Stat | undefined;
  const pairs = of("candidate-pair");
  const chosen = pairs.find((pair) => pair["selected"] === true);
  return chosen ?? pairs.find((pair) => pair["nominated"] === true && pair["state"] === "succeeded");
}

function lossPct(before: Counters | null, now: Counters): number {
  const lost = Math.max(0, now.lost - (before?.lost ?? 0));
  const received = Math.max(0, now.received - (before?.received ?? 0));
  return lost + received === 0 ? 0 : (100 * lost) / (lost + received);
}

function rates(before: Counters | null, now: Counters): { up_kbps: number | null; down_kbps: number | null } {
  const ms = before === null ? 0 : now.atMs - before.atMs;
  if (before === null || ms <= 0) return { up_kbps: null, down_kbps: null };
  const rate = (bytes: number) => tenth((8 * Math.max(0, bytes)) / ms);
  return { up_kbps: rate(now.bytesUp - before.bytesUp), down_kbps: rate(now.bytesDown - before.bytesDown) };
}

function pathOf(stats: RTCStatsReport, pair: Stat | undefined): Path {
  if (pair === undefined) return "none";
  const side = (name: string) => stats.get(String(pair[name])) as Stat | undefined;
  const [local, remote] = [side("localCandidateId"), side("remoteCandidateId")];
  if (local?.["candidateType"] === "relay") {
    const by = local["relayProtocol"];
    return by === "tls" ? "turn-tls" : by === "tcp" ? "turn-tcp" : "turn-udp";
  }
  return remote?.["candidateType"] === "relay" ? "turn-udp" : "direct";
}

const sum = (stats: Stat[], name: string) => stats.reduce((all, stat) => all + Number(stat[name] ?? 0), 0);
const tenth = (value: number) => Math.floor(value * 10 + 0.5) / 10;

/** What each cause takes off 100. Above 150 ms people talk over each other; 5 % loss is heard. */
function penalties({ rtt_ms, loss_pct, jitter_ms, fps }: Numbers): [Cause, number][] {
  const delay = Math.min(40, Math.max(0, (rtt_ms ?? 0) - 150) / 10);
  const jitter = Math.min(20, Math.max(0, (jitter_ms ?? 0) - 30) / 3);
  return [
    ["loss", Math.min(60, 6 * (loss_pct ?? 0))],
    ["delay", delay + jitter],
    ["bandwidth", fps === null ? 0 : Math.min(30, 3 * Math.max(0, 15 - fps))],
  ];
}

/** 0 (nothing gets through) to 100 (as if in one room). */
export function score(numbers: Numbers): number {
  if (numbers.path === "none") return 0;
  const off = penalties(numbers).reduce((all, [, points]) => all + points, 0);
  return Math.max(0, Math.floor(100 - off + 0.5));
}

export function word(numbers: Numbers): Word {
  if (numbers.path === "none") return "none";
  const points = score(numbers);
  return points >= 75 ? "good" : points >= 45 ? "fair" : "poor";
}

/** The one thing that hurts most. */
export function cause(numbers: Numbers): Cause {
  if (numbers.path === "none") return "no-path";
  if (word(numbers) === "good") return "ok";
  return penalties(numbers).reduce((worst, next) => (next[1] > worst[1] ? next : worst))[0];
}

/** `device`: this person's own camera or microphone fails. */
export function report(numbers: Numbers, device = false): Report {
  const found = cause(numbers);
  return {
    ...numbers,
    score: score(numbers),
    word: word(numbers),
    cause: found === "ok" && device ? "device" : found,
  };
}
