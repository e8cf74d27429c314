/** The team as its lead sees it: read from the server's answer, whatever that is. */
import { count, record } from "./desk";
import { plain } from "./plain";

export const duties = ["free", "talk", "busy", "away"] as const;
export type Duty = (typeof duties)[number];

export const states = ["hung_up", "abandoned", "expired", "lost", "handed", "barred", "erased"] as const;
export type EndState = (typeof states)[number];

export interface Member {
  readonly account: string;
  readonly name: string;
  readonly title: string;
  readonly duty: Duty;
}

export interface Over {
  readonly session: string;
  readonly beganMs: number;
  /** Null where nobody answered. */
  readonly seconds: number | null;
  readonly advisor: string | null;
  readonly state: EndState;
  readonly recorded: number;
}

export interface Team {
  readonly members: readonly Member[];
  readonly waiting: number;
  readonly longestSeconds: number | null;
  readonly over: readonly Over[];
}

/** Whoever is there comes first; within that as the server sorts. */
export function readTeam(answer: unknown): Team {
  const found = record(answer);
  const members = list(found["members"]).map(readMember);
  return {
    members: duties.flatMap((duty) => members.filter((one) => one.duty === duty)),
    waiting: count(found["waiting"]),
    longestSeconds: typeof found["longest_s"] === "number" ? count(found["longest_s"]) : null,
    over: list(found["ended"]).map(readOver),
  };
}

function readMember(entry: Record<string, unknown>): Member {
  return {
    account: plain(entry["account"], 32),
    name: plain(entry["name"]),
    title: plain(entry["title"]),
    duty: duties.find((one) => one === entry["duty"]) ?? "away",
  };
}

function readOver(entry: Record<string, unknown>): Over {
  return {
    session: plain(entry["session"], 32),
    beganMs: count(entry["began_ms"]),
    seconds: typeof entry["talk_s"] === "number" ? count(entry["talk_s"]) : null,
    advisor: plain(entry["advisor"]) || null,
    state: states.find((one) => one === entry["state"]) ?? "hung_up",
    recorded: count(entry["recorded"]),
  };
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}
