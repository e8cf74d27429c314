/** The ops board: one sentence that answers "is everybody well?", the figures, then the sessions. */
import { useState } from "react";
import { useNowMs, useWatched } from "../console/watching";
import { plural, t } from "../texts";
import { Banner } from "../ui/Banner";
import { Dots } from "../ui/Button";
import { AlertIcon, CheckIcon, ClockIcon, icon, LeaveIcon } from "../ui/icons";
import { Switch } from "../ui/Switch";
import { suffers, type Verdict, verdict } from "./board";
import type { BoardLink } from "./boardLink";
import { Figures, HealthStrip } from "./HealthStrip";
import { SessionTable } from "./SessionTable";

interface Props {
  readonly link: Pick<BoardLink, "state">;
  readonly company: string;
  readonly csrf: string;
}

export function OpsBoard({ link, company, csrf }: Props) {
  const { board, health, fresh, live, answeredMs } = useWatched(link.state);
  const nowMs = useNowMs();
  const [onlySuffering, setOnlySuffering] = useState(false);
  const serverMs = nowMs + (board?.skewMs ?? 0);
  const rows = board?.rows.filter((row) => !onlySuffering || suffers(row)) ?? [];
  const suffering = board?.rows.filter(suffers).length ?? 0;
  return (
    <div className="ops">
      <header className="topbar">
        <p className="topbar__brand">
          {company} <span>{t("ops.title")}</span>
        </p>
        <p className="ops__fresh small soft numeric">
          <span className={`dot dot--${fresh && live ? "good" : "warn"}`} aria-hidden="true" />
          {age(fresh, live, answeredMs, nowMs)}
        </p>
        <div className="topbar__end">
          <a className="button button--quiet" href={`/ops/statistics?lang=${document.documentElement.lang}`}>
            <BarsIcon />
            <span className="topbar__word">{t("ops.statistics")}</span>
          </a>
          <form method="post" action="/logout">
            <input type="hidden" name="csrf" value={csrf} />
            <button type="submit" className="button button--quiet">
              <LeaveIcon />
              <span className="topbar__word">{t("ops.signout")}</span>
            </button>
          </form>
        </div>
      </header>
      <div className="ops__body">
        <Glance verdict={verdict(board, health)} />
        {!fresh && board !== null && (
          <Banner tone="warn" title={t("ops.stale.title")}>
            {t("ops.stale.text")}
          </Banner>
        )}
        {board === null ? (
          <p className="wait">
            <Dots /> {t("ops.loading")}
          </p>
        ) : (
          <>
            <Figures board={board} />
            <section aria-labelledby="ops-sessions" className="ops__sessions">
              <div className="ops__head">
                <h2 id="ops-sessions">{t("ops.sessions.title")}</h2>
                <Switch
                  on={onlySuffering}
                  onChange={setOnlySuffering}
                  label={plural("ops.filter.suffering", suffering)}
                />
              </div>
              {rows.length > 0 ? (
                <SessionTable rows={rows} nowMs={serverMs} />
              ) : (
                <Empty filtered={onlySuffering && board.rows.length > 0} />
              )}
            </section>
            {health !== null && (
              <section aria-labelledby="ops-health">
                <h2 id="ops-health">{t("ops.health.title")}</h2>
                <HealthStrip health={health} nowMs={nowMs + health.skewMs} />
              </section>
            )}
          </>
        )}
      </div>
    </div>
  );
}

// Here and not among the others, which the page of a call loads.
const BarsIcon = icon("BarsIcon", <path d="M4 20h16M7 16v-5M12 16V5M17 16V9" />);

const icons = { good: CheckIcon, watch: ClockIcon, bad: AlertIcon };

/** Read out when the sentence changes, not with every number. */
function Glance({ verdict: { light, key, count } }: { verdict: Verdict }) {
  const Icon = icons[light];
  return (
    <div className={`glance glance--${light}`} role="status">
      <span className="glance__mark">
        <Icon />
      </span>
      <div>
        <h1>{t(`ops.glance.${key}`)}</h1>
        <p className="soft">{plural(`ops.glance.${key}.more`, count)}</p>
      </div>
    </div>
  );
}

function Empty({ filtered }: { filtered: boolean }) {
  return (
    <div className="ops__empty">
      <p className="ops__empty-title">{t(filtered ? "ops.empty.filtered" : "ops.empty")}</p>
      <p className="soft">{t(filtered ? "ops.empty.filtered.more" : "ops.empty.more")}</p>
    </div>
  );
}

function age(fresh: boolean, live: boolean, answeredMs: number | null, nowMs: number): string {
  if (answeredMs === null) return t("ops.age.never");
  const seconds = Math.max(0, Math.round((nowMs - answeredMs) / 1000));
  if (!fresh) return t("ops.age.old", { seconds });
  return live ? t("ops.age.live") : t("ops.age.polling", { seconds });
}
