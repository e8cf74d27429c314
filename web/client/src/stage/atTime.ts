/** A time of day as the person's clock shows it, with its day where that is another one. */

export function atTime(ms: number, nowMs: number, language: string): string {
  const at = new Date(ms);
  const today = at.toDateString() === new Date(nowMs).toDateString();
  const day = today ? {} : ({ day: "numeric", month: "long" } as const);
  return at.toLocaleString(language === "de" ? "de-DE" : "en-GB", { ...day, hour: "2-digit", minute: "2-digit" });
}

/** The first whole minute at which something is possible again. */
export function fullMinute(ms: number): number {
  return Math.ceil(ms / 60_000) * 60_000;
}
