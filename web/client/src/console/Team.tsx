/** The team, for its lead alone: who is on duty, how many wait, and today's talks that are over. */
import { useEffect, useRef, useState } from "react";
import { duration, plural, t } from "../texts";
import type { Desk } from "./desk";
import { numberOf } from "./desk";
import type { Http } from "./http";
import { Refresh } from "./refresh";
import { minutes, timeOfDay } from "./SideZones";
import { type Duty, type Over, readTeam, type Team } from "./team";

const rhythm = { gatherMs: 1_000, everyMs: 15_000 };

export default function TeamZone({ http, desk, language }: { http: Http; desk: Desk; language: string }) {
  const team = useTeam(http, desk);
  return (
    <section className="zone" aria-labelledby="zone-team">
      <h2 id="zone-team" className="zone__title">
        {t("console.team.title")}
      </h2>
      {team === null ? <p className="soft small">{t("console.desk.loading")}</p> : <Shown team={team} language={language} />}
    </section>
  );
}

function Shown({ team, language }: { team: Team; language: string }) {
  return (
    <>
      <p className="small">{waits(team)}</p>
      <ul className="team">
        {team.members.map((one) => (
          <li key={one.account}>
            <span className={`dot dot--${dots[one.duty]}`} aria-hidden="true" />
            <span>
              <bdi>{one.name}</bdi> <span className="soft">{t(`console.team.duty.${one.duty}`)}</span>
              {one.title !== "" && <span className="team__title">{one.title}</span>}
            </span>
          </li>
        ))}
      </ul>
      <h3 className="zone__label">{t("console.team.over")}</h3>
      {team.over.length === 0 ? (
        <p className="soft small">{t("console.team.over.none")}</p>
      ) : (
        <table className="day">
          <thead className="visually-hidden">
            <tr>
              <th scope="col">{t("console.day.time")}</th>
              <th scope="col">{t("console.team.talk")}</th>
              <th scope="col">{t("console.day.duration")}</th>
            </tr>
          </thead>
          <tbody className="numeric">
            {team.over.map((one) => (
              <Row key={one.session} one={one} language={language} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Row({ one, language }: { one: Over; language: string }) {
  const number = numberOf(one.session);
  return (
    <tr>
      <td>{timeOfDay(one.beganMs, language)}</td>
      <td className="day__number">
        <bdi>{one.advisor ?? t("console.team.nobody")}</bdi>
        <span className="day__news">{t(`console.team.state.${one.state}`)}</span>
        {one.recorded > 0 && (
          <a
            className="day__news"
            href={`/console/session/${one.session}/recording?lang=${language}`}
            target="_blank"
            rel="noopener noreferrer"
            aria-label={t("console.day.recorded.of", { number })}
          >
            {t("console.day.recorded")}
          </a>
        )}
      </td>
      <td>{one.seconds === null ? "–" : minutes(one.seconds)}</td>
    </tr>
  );
}

function waits(team: Team): string {
  if (team.waiting === 0) return t("console.team.waiting.none");
  return plural("console.team.waiting", team.waiting, { longest: duration(team.longestSeconds ?? 0) });
}

const dots: Record<Duty, string> = { free: "good", talk: "warn", busy: "warn", away: "none" };

/** Fetched anew whenever the desk changed, and every so often. */
function useTeam(http: Http, desk: Desk): Team | null {
  const [team, setTeam] = useState<Team | null>(null);
  const refresh = useRef<Refresh | null>(null);
  useEffect(() => {
    const own = new Refresh(async () => setTeam(readTeam(await http.get("/api/team"))), rhythm);
    refresh.current = own;
    own.start();
    return () => own.stop();
  }, [http]);
  useEffect(() => refresh.current?.hint(), [desk]);
  return team;
}
