/**
 * What the advisor reads about the prospect's connection: one word, one suggestion, one calm line.
 * Pure: it returns the names of texts.
 */
import type { Cause, Path, Word } from "../sessions/bodies";
import { farther } from "../sessions/path";

export interface Seen {
  readonly word: Word;
  readonly score: number;
  readonly cause: Cause;
  readonly path: Path;
}

/** What one end hears badly the other sends badly: the worse of the two is how the talk is. Its way
 * is the farther: whoever is reached through the other's relay knows only that it is one. */
export function worse(one: Seen | null, other: Seen | null): Seen | null {
  if (one === null || other === null) return one ?? other;
  const [worst, path] = [one.score <= other.score ? one : other, farther(one.path, other.path)];
  return worst.path === path ? worst : { ...worst, path };
}

const ranks: readonly Word[] = ["good", "fair", "poor", "none"];

/** What to show after one more measurement: better at once, worse when it was worse twice in a row. */
export function steady(shown: Seen | null, before: Seen | null, now: Seen | null): Seen | null {
  if (shown === null || now === null) return now;
  const worseThanShown = (seen: Seen) => ranks.indexOf(seen.word) > ranks.indexOf(shown.word);
  return !worseThanShown(now) || (before !== null && worseThanShown(before)) ? now : shown;
}

/** The catalog key of what to suggest; null while all is well. */
export function advice(report: Seen | null): string | null {
  if (report === null || report.cause === "ok" || report.word === "good") return null;
  return `console.talk.tip.${report.cause}`;
}

export interface Situation {
  /** Our own way to the server. */
  readonly link: "open" | "reconnecting";
  /** Whether the prospect is connected to the server. */
  readonly present: boolean;
  /** Picture and sound between the two; "impossible": tried for long, and tried on. */
  readonly media: "connecting" | "connected" | "interrupted" | "impossible";
}

/** The catalog key of the one line over the picture: the nearest trouble first; null if none. */
export function line(situation: Situation): string | null {
  if (situation.link === "reconnecting") return "console.talk.reconnecting";
  // Whom one sees and hears is not gone, whatever else of theirs is lost.
  if (!situation.present && situation.media !== "connected") return "console.talk.gone";
  if (situation.media === "connecting") return "console.talk.connecting";
  if (situation.media === "impossible") return "console.talk.impossible";
  return situation.media === "interrupted" ? "console.talk.tip.no-path" : null;
}
