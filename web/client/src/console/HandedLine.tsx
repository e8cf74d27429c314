/** Of somebody who waits: that they come from a talk, from whose, and who is asked first. */
import { clock } from "../stage/clock";
import { t } from "../texts";
import type { Desk, Waiting } from "./desk";
import { keptMs } from "./handed";

interface Props {
  readonly one: Waiting;
  readonly desk: Desk;
  readonly nowMs: number;
}

export function HandedLine({ one, desk, nowMs }: Props) {
  const { handed } = one;
  if (handed === null) return null;
  const { by, to, byMe, toMe, reason } = handed;
  const leftMs = keptMs(one, nowMs + desk.skewMs);
  const back = reason !== "handed";
  const mine = back ? "back.mine" : to === null ? "mine" : "mine.to";
  const from = t(`console.handed.${byMe ? mine : back ? "back" : "by"}`, { by, to: to ?? "" });
  return (
    <p className="handed-on">
      <span>{handed.noted && !byMe ? `${from}, ${t("console.handed.noted")}` : from}</span>
      {leftMs > 0 && !byMe && (
        <span className="numeric">
          {t(toMe ? "console.handed.you" : "console.handed.other", { to: to ?? "", time: clock(leftMs) })}
        </span>
      )}
    </p>
  );
}
