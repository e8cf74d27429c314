/** What somebody who was handed on is told while they wait: by whom, to whom, what stays as it is and
    what went along. Says as certain only what is; how long a colleague is asked alone, the server's clock tells. */
import { t } from "../texts";
import { type Place, placeLine, waitLine } from "./waits";

type Said = (place: Place | null, now: number) => string[];

const REASONS = ["handed", "clarify", "documents", "interrupted"] as const;
const MOST_OF_A_NAME = 200;

/** Null for what no server of ours says. `skewMs` resolves to the server's clock less this one's. */
export function handed(after: object, skewMs = skew()): Said | null {
  const { by, to, reason, until_ms: until, noted } = after as Record<string, unknown>;
  const why = REASONS.find((known) => known === reason);
  if (!isName(by) || why === undefined) return null;
  let aheadMs = 0;
  void skewMs.then((found) => (aheadMs = found));
  const along = [t("ready.handed.keeps"), t(noted === true ? "ready.handed.along.note" : "ready.handed.along")];
  return (place, now) => {
    const title = place ? placeLine(place) : t("ready.handed.moment");
    const wait = place ? [waitLine(place)] : [];
    if (why !== "handed") return [t("ready.handed.moment"), t(`ready.handed.${why}`, { by }), ...along];
    if (!isName(to)) return [title, t("ready.handed.next", { by }), ...wait, ...along];
    if (typeof until === "number" && now + aheadMs < until) {
      return [t("ready.handed.to", { to }), t("ready.handed.to.text", { by, to }), ...along];
    }
    return [title, t("ready.handed.late", { to }), ...wait, ...along];
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MOST_OF_A_NAME;
}

/** To the second, as HTTP tells it; this page's clock is taken for right where nobody answers. */
async function skew(): Promise<number> {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  const atMs = Date.parse(answer?.headers.get("Date") ?? "");
  return Number.isNaN(atMs) ? 0 : atMs - Date.now();
}
