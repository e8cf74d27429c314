/**
 * The ops board's numbers: sessions, who suffers, what the one sentence on top says.
 * Pure. It has no field for a name or for content, so that none can reach the screen (OB-48).
 */

import { farther } from "../sessions/path";

export type Word = "good" | "fair" | "poor" | "none";
export type Path = "direct" | "turn-udp" | "turn-tcp" | "turn-tls" | "none";
export type Cause = "ok" | "loss" | "delay" | "bandwidth" | "no-path" | "device";
export type State = "waiting" | "active" | "ended";
export type Light = "good" | "watch" | "bad";

/** How it goes for one guest, or for the others of a session together. */
export interface Quality {
  readonly path: Path;
  readonly word: Word;
  readonly score: number | null;
  readonly rttMs: number | null;
  readonly lossPct: number | null;
  readonly history: readonly (number | null)[];
  readonly cause: Cause;
}

export interface Guest extends Quality {
  readonly participant: string;
  readonly seat: "guest" | "interpreter";
  readonly present: boolean;
  readonly node: string;
}

export interface Row extends Quality {
  readonly session: string;
  readonly number: string;
  readonly state: State;
  readonly sinceMs: number;
  readonly node: string;
  /** Guests count, too. */
  readonly participants: number;
  readonly present: number;
  /** It waits, and this is what its checkup found. */
  readonly checked: boolean;
  readonly guests: readonly Guest[];
}

export interface Board {
  readonly rows: readonly Row[];
  readonly waiting: { readonly count: number; readonly longestS: number; readonly expectedS: number | null };
  readonly advisors: { readonly free: number; readonly busy: number; readonly away: number };
  readonly skewMs: number;
}

export interface Check {
  readonly name: string;
  readonly light: Light;
  readonly latencyMs: number | null;
  readonly freeMb: number | null;
}

export interface Node {
  readonly node: string;
  readonly startedMs: number | null;
  readonly seenMs: number | null;
  readonly connections: number | null;
  readonly sessions: number | null;
}

export interface Health {
  readonly nodes: readonly Node[];
  readonly checks: readonly Check[];
  readonly skewMs: number;
}

const historyMax = 30;
const states: readonly State[] = ["waiting", "active", "ended"];
const paths: readonly Path[] = ["direct", "turn-udp", "turn-tcp", "turn-tls", "none"];
const words: readonly Word[] = ["good", "fair", "poor", "none"];
const causes: readonly Cause[] = ["ok", "loss", "delay", "bandwidth", "no-path", "device"];
const seats = ["guest", "interpreter"] as const;
const lights: readonly Light[] = ["good", "watch", "bad"];

/** What `GET /api/ops/sessions` answered. Fields this board does not know are dropped here. */
export function readBoard(answer: unknown, receivedMs: number): Board {
  const all = record(answer);
  const waiting = record(all["waiting"]);
  const advisors = record(all["advisors"]);
  return {
    rows: list(all["sessions"]).map(readRow).sort(byState),
    waiting: {
      count: number(waiting["count"]) ?? 0,
      longestS: number(waiting["longest_s"]) ?? 0,
      expectedS: number(waiting["expected_s"]),
    },
    advisors: {
      free: number(advisors["free"]) ?? 0,
      busy: number(advisors["busy"]) ?? 0,
      away: number(advisors["away"]) ?? 0,
    },
    skewMs: skew(all["now_ms"], receivedMs),
  };
}

/** What `GET /api/ops/health` answered. */
export function readHealth(answer: unknown, receivedMs: number): Health {
  const all = record(answer);
  return {
    nodes: list(all["nodes"]).map((entry) => ({
      node: identifier(entry["node"]),
      startedMs: number(entry["started_ms"]),
      seenMs: number(entry["seen_ms"]),
      connections: number(entry["connections"]),
      sessions: number(entry["sessions"]),
    })),
    checks: list(all["checks"]).map((entry) => ({
      name: identifier(entry["name"]),
      light: oneOf(lights, entry["state"], "bad"),
      latencyMs: number(entry["latency_ms"]),
      freeMb: number(entry["free_mb"]),
    })),
    skewMs: skew(all["now_ms"], receivedMs),
  };
}

/** A `quality.report` of `participant` from the ops channel, laid over its row, or a guest's own; the
 * next fetch brings the rest. */
export function withReport(board: Board, session: string, participant: string, report: unknown): Board {
  if (!board.rows.some((row) => row.session === session)) return board;
  const said = record(report);
  return { ...board, rows: board.rows.map((row) => (row.session === session ? reported(row, participant, said) : row)) };
}

function reported(row: Row, participant: string, said: Record<string, unknown>): Row {
  if (row.guests.some((guest) => guest.participant === participant)) {
    // Alone at their end: the way is as they say.
    const own = (guest: Guest) => laid(guest, said, oneOf(paths, said["path"], guest.path));
    return { ...row, guests: row.guests.map((guest) => (guest.participant === participant ? own(guest) : guest)) };
  }
  // Each end knows only its own half; that the way became shorter, the next fetch brings.
  const path = farther(oneOf(paths, said["path"], row.path), row.path === "none" ? "direct" : row.path);
  return row.checked ? row : laid(row, said, path);
}

function laid<T extends Quality>(before: T, said: Record<string, unknown>, path: Path): T {
  const score = number(said["score"]);
  return {
    ...before,
    path,
    word: oneOf(words, said["word"], before.word),
    cause: oneOf(causes, said["cause"], before.cause),
    score,
    rttMs: number(said["rtt_ms"]),
    lossPct: number(said["loss_pct"]),
    history: [...before.history, score].slice(-historyMax),
  };
}

/** Somebody in this session has trouble right now that they can see or hear. */
export function suffers(row: Row): boolean {
  if (row.state !== "active") return false;
  return troubled(row) || missing(row) || row.guests.some((guest) => guest.present && troubled(guest));
}

const troubled = ({ word, cause }: Quality) => word === "poor" || cause === "no-path";

/** One of the two whose talk it is. A guest may be away without anybody being left alone. */
function missing({ participants, present, guests }: Row): boolean {
  const away = guests.filter((guest) => !guest.present).length;
  return participants - present > away;
}

/** What to read in the column of causes: who is missing explains more than any number. */
export function reason(row: Row): Cause | "alone" | "empty" {
  if (row.present === 0) return "empty";
  return missing(row) ? "alone" : row.cause;
}

export interface Verdict {
  readonly light: Light;
  /** Which sentence says it: all well, nobody here, sessions suffer, somebody waits long, part sick. */
  readonly key: "well" | "quiet" | "suffering" | "waiting" | "part" | "unknown";
  readonly count: number;
}

const longWaitS = 300;

/** The answer to "is everybody well?": the worst thing first, since only one fits in a glance. */
export function verdict(board: Board | null, health: Health | null): Verdict {
  if (board === null) return { light: "watch", key: "unknown", count: 0 };
  const bad = health?.checks.filter((check) => check.light === "bad").length ?? 0;
  if (bad > 0) return { light: "bad", key: "part", count: bad };
  const suffering = board.rows.filter(suffers).length;
  if (suffering > 0) return { light: "bad", key: "suffering", count: suffering };
  if (board.waiting.longestS >= longWaitS) {
    return { light: "watch", key: "waiting", count: board.waiting.count };
  }
  const weak = health?.checks.filter((check) => check.light === "watch").length ?? 0;
  if (weak > 0) return { light: "watch", key: "part", count: weak };
  const live = board.rows.filter((row) => row.state !== "ended").length;
  return live > 0 ? { light: "good", key: "well", count: live } : { light: "good", key: "quiet", count: 0 };
}

/** An SVG path through the scores, oldest left; a missing report lifts the pen. */
export function sparkline(history: readonly (number | null)[], width: number, height: number): string {
  const step = width / (historyMax - 1);
  const left = historyMax - history.length;
  let pen = false;
  let path = "";
  history.forEach((score, index) => {
    if (score === null) {
      pen = false;
      return;
    }
    const x = ((left + index) * step).toFixed(1);
    const y = (height - (Math.min(100, Math.max(0, score)) / 100) * height).toFixed(1);
    path += `${pen ? "L" : "M"}${x} ${y}`;
    pen = true;
  });
  return path;
}

function readRow(entry: Record<string, unknown>): Row {
  const session = identifier(entry["session"]);
  return {
    session,
    number: identifier(entry["number"]).slice(0, 8) || session.slice(0, 8),
    state: oneOf(states, entry["state"], "ended"),
    sinceMs: number(entry["since_ms"]) ?? 0,
    node: identifier(entry["node"]),
    participants: number(entry["participants"]) ?? 0,
    present: number(entry["present"]) ?? 0,
    ...readQuality(entry),
    checked: entry["checked"] === true,
    guests: list(entry["guests"]).map(readGuest),
  };
}

function readGuest(entry: Record<string, unknown>): Guest {
  return {
    ...readQuality(entry),
    participant: identifier(entry["participant"]),
    seat: oneOf(seats, entry["seat"], "guest"),
    present: entry["present"] === true,
    node: identifier(entry["node"]),
  };
}

function readQuality(entry: Record<string, unknown>): Quality {
  const quality = record(entry["quality"]);
  return {
    path: oneOf(paths, entry["path"], "none"),
    word: oneOf(words, quality["word"], "none"),
    score: number(quality["score"]),
    rttMs: number(quality["rtt_ms"]),
    lossPct: number(quality["loss_pct"]),
    history: (Array.isArray(quality["history"]) ? quality["history"] : []).map(number).slice(-historyMax),
    cause: oneOf(causes, entry["cause"], "ok"),
  };
}

/** Who waits or talks longest first; of those that are over, the latest. */
function byState(a: Row, b: Row): number {
  const byAge = a.state === "ended" ? b.sinceMs - a.sinceMs : a.sinceMs - b.sinceMs;
  return states.indexOf(a.state) - states.indexOf(b.state) || byAge;
}

function skew(nowMs: unknown, receivedMs: number): number {
  const server = number(nowMs);
  return server === null ? 0 : server - receivedMs;
}

/** Only what identifiers are made of: whatever else came in its place is not shown. */
function identifier(value: unknown): string {
  return typeof value === "string" && /^[\w.:-]{1,64}$/u.test(value) ? value : "";
}

function oneOf<T extends string>(known: readonly T[], value: unknown, otherwise: T): T {
  return known.find((one) => one === value) ?? otherwise;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}
