/** What to say about a place in the queue: never more than is known, never too often aloud. */
import { plural, t } from "../texts";

export interface Place {
  position: number;
  expected_s: number | null;
  free: number;
}

/** A duration as a person would say it: "weniger als eine Minute", "etwa 4 Minuten". */
export function aboutHowLong(seconds: number): string {
  if (seconds < 60) return t("ready.wait.short");
  const minutes = Math.round(seconds / 60);
  return plural("ready.wait.minutes", minutes <= 10 ? minutes : Math.ceil(minutes / 5) * 5);
}

/** The large line: whose turn it is. */
export function placeLine(place: Place): string {
  return place.position <= 1 ? t("ready.place.next") : plural("ready.place.before", place.position - 1);
}

/** The line below: how long it may take, or honestly that nobody knows. */
export function waitLine(place: Place): string {
  if (place.expected_s !== null) return t("ready.wait.expected", { wait: aboutHowLong(place.expected_s) });
  return t(place.free > 0 ? "ready.wait.soon" : "ready.wait.unknown");
}

const QUIET_MS = 60_000;

/** Decides what a screen reader hears: a new place at once, a new estimate once a minute at most. */
export class Announcer {
  #position = -1;
  #said = "";
  #saidAt = -Infinity;

  /** The words to say now, or what was said last (which is not said again). */
  hear(place: Place, now: number): string {
    const words = `${placeLine(place)} ${waitLine(place)}`;
    if (place.position === this.#position && (words === this.#said || now - this.#saidAt < QUIET_MS)) {
      return this.#said;
    }
    this.#position = place.position;
    this.#said = words;
    this.#saidAt = now;
    return words;
  }
}
