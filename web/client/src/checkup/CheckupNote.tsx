/** What the checkup found, on the waiting page: one piece of advice, and the figures for who asks. */
import "../styles/checkup.css";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { adviceFor, TRIED_KBPS, type Finding } from "./finding";

interface Props {
  checkup: {
    readonly running: boolean;
    readonly finding: Finding | null;
    again(): void;
  };
}

export function CheckupNote({ checkup }: Props) {
  const { running, finding, again } = checkup;
  if (!running && finding === null) return null;
  return (
    <div className="checkup" data-word={running ? "none" : finding?.word}>
      <p role="status" className="checkup__advice">
        {running && <Dots />}
        {running ? t("ready.checkup.running") : finding && t(adviceFor(finding))}
      </p>
      {finding !== null && (
        <details className="checkup__more">
          <summary>{t("ready.checkup.more")}</summary>
          <dl className="checkup__figures small numeric">
            {facts(finding).map(([name, value]) => (
              <div key={name}>
                <dt>{t(`ready.checkup.${name}`)}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <p className="small soft">{t("ready.checkup.promise")}</p>
          <Button look="quiet" busy={running ? t("ready.checkup.busy") : undefined} onClick={again}>
            {t("ready.checkup.again")}
          </Button>
        </details>
      )}
    </div>
  );
}

function facts(finding: Finding): [string, string][] {
  const { rtt_ms: rtt, jitter_ms: jitter, loss_pct: loss, up_kbps: up, down_kbps: down } = finding;
  const ms = (value: number | null) => (value === null ? "–" : t("ready.checkup.ms", { ms: Math.round(value) }));
  const pct = loss === null ? "–" : t("ready.checkup.pct", { pct: number(loss) });
  return [
    ["path", t(`ready.checkup.path.${finding.path}`)],
    ["rtt", ms(rtt)],
    ["jitter", ms(jitter)],
    ["loss", pct],
    ["up", rate(up)],
    ["down", rate(down)],
    ["microphone", t(`ready.checkup.microphone.${finding.microphone}`)],
  ];
}

/** All that was tried got through: how much more there is, nobody has tried. */
function rate(kbps: number | null): string {
  if (kbps === null) return "–";
  const enough = kbps >= 0.9 * TRIED_KBPS;
  return t(enough ? "ready.checkup.rate.least" : "ready.checkup.rate", { kbps: enough ? TRIED_KBPS : Math.round(kbps) });
}

function number(value: number): string {
  return value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
}
