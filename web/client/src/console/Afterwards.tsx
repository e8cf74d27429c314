/** A talk of mine has just ended: what it was, above the desk where the next one waits. */
import { atTime, fullMinute } from "../stage/atTime";
import { clock } from "../stage/clock";
import { t } from "../texts";
import { IconButton } from "../ui/Button";
import { CheckIcon, CloseIcon } from "../ui/icons";
import { numberOf } from "./desk";
import type { Summary } from "./shift";

interface Props {
  readonly summary: Summary;
  readonly waiting: number;
  readonly nowMs: number;
  readonly language: string;
  readonly onClose: () => void;
}

export function Afterwards({ summary, waiting, nowMs, language, onClose }: Props) {
  const { handed } = summary;
  return (
    <section className="after" aria-labelledby="after-title">
      <span className="after__mark">
        <CheckIcon />
      </span>
      <div className="after__body">
        <h2 id="after-title" tabIndex={-1} ref={focus}>
          {t(handed === null ? "console.after.title" : "console.after.handed.title")}
        </h2>
        <p className="numeric">
          {t("console.after.facts", { number: numberOf(summary.session), duration: clock(summary.durationMs) })}
        </p>
        {handed && <p>{whereTo(handed)}</p>}
        {summary.barredUntilMs !== null && (
          <p>{t("console.after.barred", { at: atTime(fullMinute(summary.barredUntilMs), nowMs, language) })}</p>
        )}
        {summary.lost && <p>{t("console.after.lost")}</p>}
        {handed === null && <p className="soft">{t(waiting > 0 ? "console.after.next" : "console.after.quiet")}</p>}
      </div>
      <IconButton icon={CloseIcon} label={t("console.after.close")} onClick={onClose} />
    </section>
  );
}

function whereTo({ name, to, reason }: NonNullable<Summary["handed"]>): string {
  if (reason !== "handed") return t("console.after.handed.back", { name });
  return to === null ? t("console.after.handed.next", { name }) : t("console.after.handed.to", { name, to: to.name });
}

/** The stage has gone with whatever had the focus: start again where it says what happened. */
function focus(heading: HTMLElement | null): void {
  heading?.focus();
}
