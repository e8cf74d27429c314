/**
 * The desk as this console sees it: who waits, who is new, who comes first, how urgent a wait is.
 * Pure: it knows neither the network nor the page, and it trusts no text it was handed.
 */

import { readConcerns } from "../call/special";
import type { Special } from "../sessions/bodies";
import { type HandedOn, keptMs, readHanded, rings } from "./handed";
import { plain } from "./plain";

export { plain };

export type Wish = "free" | "busy" | "away";

export interface Waiting {
  readonly session: string;
  readonly name: string;
  readonly topic: string | null;
  readonly language: string;
  readonly sinceMs: number;
  readonly present: boolean;
  readonly preparedByMe: boolean;
  /** They come from a colleague's talk, or from mine. */
  readonly handed: HandedOn | null;
  /** What their checkup found. */
  readonly connection: Connection | null;
}

export interface Connection {
  readonly word: (typeof words)[number];
  readonly cause: (typeof causes)[number];
  readonly microphone: (typeof microphones)[number];
}

export interface MyTalk {
  readonly session: string;
  readonly name: string | null;
  readonly sinceMs: number;
  readonly endedMs: number | null;
  /** What the prospect set right since. */
  readonly corrections: number;
  readonly objections: readonly Objection[];
  /** What is specially protected and its topic may come to. */
  readonly special: readonly Special[];
  /** It may be recorded, if everybody agrees. */
  readonly recording: boolean;
  /** How many parts of a recording there are of it. */
  readonly recorded: number;
}

export type Objection = (typeof purposes)[number];

export interface Desk {
  readonly wish: Wish;
  readonly inTalk: boolean;
  readonly colleagues: { readonly free: number; readonly busy: number; readonly away: number };
  readonly waiting: readonly Waiting[];
  readonly mine: readonly MyTalk[];
  /** Add to this page's clock to get the server's. */
  readonly skewMs: number;
}

const purposes = ["marketing", "quality", "statistics"] as const;
const words = ["good", "fair", "poor", "none"] as const;
const causes = ["ok", "loss", "delay", "bandwidth", "no-path"] as const;
const microphones = ["heard", "quiet", "off"] as const;
const wishes: readonly Wish[] = ["free", "busy", "away"];

/** What `GET /api/desk` answered, read defensively; `receivedMs` is this page's clock. */
export function readDesk(answer: unknown, receivedMs: number): Desk {
  const all = record(answer);
  const me = record(all["me"]);
  const colleagues = record(all["colleagues"]);
  const wish = wishes.find((known) => known === me["wish"]) ?? "away";
  return {
    wish,
    inTalk: me["in_talk"] === true,
    colleagues: {
      free: count(colleagues["free"]),
      busy: count(colleagues["busy"]),
      away: count(colleagues["away"]),
    },
    waiting: list(all["waiting"]).map(readWaiting).sort(byWait),
    mine: list(all["mine"]).map(readMine).sort((a, b) => b.sinceMs - a.sinceMs),
    skewMs: count(all["now_ms"]) === 0 ? 0 : count(all["now_ms"]) - receivedMs,
  };
}

/** Sessions that were not waiting before: the reason to ring. The first look rings for everybody. */
export function arrivals(before: ReadonlySet<string>, waiting: readonly Waiting[]): Waiting[] {
  return waiting.filter((one) => !before.has(one.session));
}

/**
 * Whom this console makes ready for, so that Accept is instant: the one who has waited longest and
 * is there. Nobody while the advisor is away, busy or in a talk. What is already prepared stays,
 * as long as it is waiting: changing over at every arrival would cost everybody the warm start; only
 * whom nobody but this advisor is asked for goes before.
 */
export function toPrepare(
  desk: Desk,
  current: string | null,
  refused: ReadonlySet<string>,
  serverMs = Date.now() + desk.skewMs,
): string | null {
  if (desk.wish !== "free" || desk.inTalk) return null;
  const open = desk.waiting.filter((one) => !refused.has(one.session) && rings(one, serverMs));
  const mine = open.find((one) => one.handed?.toMe === true && keptMs(one, serverMs) > 0);
  if (mine !== undefined) return mine.session;
  if (current !== null && open.some((one) => one.session === current && one.present)) return current;
  return (open.find((one) => one.present) ?? open[0])?.session ?? null;
}

/** Neither waiting any more nor mine: somebody else has it, or nobody will. */
export function isLost(desk: Desk, session: string): boolean {
  const waits = desk.waiting.some((one) => one.session === session);
  return !waits && !desk.mine.some((talk) => talk.session === session);
}

/** Since when they wait for somebody: whoever was handed on was in a talk before. */
export function waitsSinceMs(one: Waiting): number {
  return one.handed?.atMs || one.sinceMs;
}

export type Urgency = "calm" | "long" | "overlong";

/** From two minutes on a wait is long, from five it must not be overlooked. */
export function urgency(waitedMs: number): Urgency {
  if (waitedMs >= 300_000) return "overlong";
  return waitedMs >= 120_000 ? "long" : "calm";
}

/** How long ago by the server's clock; `nowMs` is this page's. */
export function elapsedMs(sinceMs: number, desk: Desk, nowMs: number): number {
  return Math.max(0, nowMs + desk.skewMs - sinceMs);
}

/** What people read of a session's id, on paper and on the phone. */
export function numberOf(session: string): string {
  return session.slice(0, 8);
}

function readWaiting(entry: Record<string, unknown>): Waiting {
  const first = plain(entry["first_name"]);
  const last = plain(entry["last_name"]);
  return {
    session: plain(entry["session"], 32),
    name: plain(`${first} ${last}`),
    topic: plain(entry["topic"], 40) || null,
    language: plain(entry["language"], 2),
    sinceMs: count(entry["waiting_since_ms"]),
    present: entry["present"] !== false,
    preparedByMe: entry["prepared_by_me"] === true,
    handed: readHanded(entry["handed"]),
    connection: readConnection(record(entry["connection"])),
  };
}

function readConnection(entry: Record<string, unknown>): Connection | null {
  const word = words.find((known) => known === entry["word"]);
  if (word === undefined) return null;
  const cause = causes.find((known) => known === entry["cause"]) ?? "ok";
  const microphone = microphones.find((known) => known === entry["microphone"]) ?? "off";
  return { word, cause, microphone };
}

function readMine(entry: Record<string, unknown>): MyTalk {
  const said: unknown[] = Array.isArray(entry["objections"]) ? entry["objections"] : [];
  const ended = entry["state"] === "ended" || typeof entry["ended_ms"] === "number";
  return {
    session: plain(entry["session"], 32),
    name: plain(entry["name"]) || null,
    sinceMs: count(entry["since_ms"]),
    endedMs: ended ? count(entry["ended_ms"]) : null,
    corrections: count(entry["corrections"]),
    special: readConcerns(entry),
    recording: entry["recording"] === true,
    recorded: count(entry["recorded"]),
    objections: purposes.filter((one) => said.includes(one)),
  };
}

function byWait(a: Waiting, b: Waiting): number {
  return a.sinceMs - b.sinceMs || a.session.localeCompare(b.session);
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}

export function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
