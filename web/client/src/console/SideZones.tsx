/** What runs (my talks, how many colleagues are there) and my day (today's talks that are over). */
import { clock } from "../stage/clock";
import { plural, t } from "../texts";
import { Button } from "../ui/Button";
import { type Desk, elapsedMs, type MyTalk, numberOf } from "./desk";

interface RunningProps {
  readonly desk: Desk;
  readonly nowMs: number;
  readonly onReturn: (session: string) => void;
}

export function RunningZone({ desk, nowMs, onReturn }: RunningProps) {
  const running = desk.mine.filter((talk) => talk.endedMs === null);
  return (
    <section className="zone" aria-labelledby="zone-running">
      <h2 id="zone-running" className="zone__title">
        {t("console.running.title")}
      </h2>
      {running.map((talk) => (
        <div key={talk.session} className="mine">
          <div>
            <p className="mine__name">
              <bdi>{talk.name ?? numberOf(talk.session)}</bdi>
            </p>
            <p className="small soft numeric">
              {t("console.running.since", { time: clock(elapsedMs(talk.sinceMs, desk, nowMs)) })}
            </p>
          </div>
          <Button look="primary" onClick={() => onReturn(talk.session)}>
            {t("console.running.return")}
          </Button>
        </div>
      ))}
      <p className="zone__label">{t("console.running.colleagues")}</p>
      <ul className="colleagues">
        {(["free", "busy", "away"] as const).map((wish) => (
          <li key={wish}>
            <span className={`dot dot--${dots[wish]}`} aria-hidden="true" />
            <span>
              <strong className="numeric">{desk.colleagues[wish]}</strong>{" "}
              {plural(`console.running.${wish}`, desk.colleagues[wish])}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const dots = { free: "good", busy: "warn", away: "none" } as const;

export function DayZone({ desk, language }: { desk: Desk; language: string }) {
  const past = desk.mine.filter((talk): talk is MyTalk & { endedMs: number } => talk.endedMs !== null);
  return (
    <section className="zone" aria-labelledby="zone-day">
      <h2 id="zone-day" className="zone__title">
        {t("console.day.title")}
        {past.length > 0 && <span className="zone__count numeric">{past.length}</span>}
      </h2>
      {past.length === 0 ? (
        <p className="soft small">{t("console.day.empty")}</p>
      ) : (
        <table className="day">
          <thead className="visually-hidden">
            <tr>
              <th scope="col">{t("console.day.time")}</th>
              <th scope="col">{t("console.day.number")}</th>
              <th scope="col">{t("console.day.duration")}</th>
            </tr>
          </thead>
          <tbody className="numeric">
            {past.map((talk) => (
              <tr key={talk.session}>
                <td>{timeOfDay(talk.sinceMs, language)}</td>
                <td className="day__number">
                  {numberOf(talk.session)}
                  <News talk={talk} language={language} />
                </td>
                <td>{minutes((talk.endedMs - talk.sinceMs) / 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** What came from the prospect after the talk. */
function News({ talk, language }: { talk: MyTalk; language: string }) {
  const number = numberOf(talk.session);
  return (
    <>
      {talk.corrections > 0 && (
        <a
          className="day__news"
          href={`/console/session/${talk.session}/corrections?lang=${language}`}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t("console.day.changed.of", { number })}
        >
          {t("console.day.changed")}
        </a>
      )}
      {talk.recorded > 0 && (
        <a
          className="day__news"
          href={`/console/session/${talk.session}/recording?lang=${language}`}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t("console.day.recorded.of", { number })}
        >
          {t("console.day.recorded")}
        </a>
      )}
      {talk.objections.map((one) => (
        <span key={one} className="day__news">
          {t(`console.day.objects.${one}`)}
        </span>
      ))}
    </>
  );
}

export function minutes(seconds: number): string {
  return seconds < 60 ? t("console.day.moment") : t("console.day.minutes", { n: Math.round(seconds / 60) });
}

export function timeOfDay(atMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(atMs);
}
