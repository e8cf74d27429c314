/** Who waits: the next person large with the one primary action, the others below in fair order. */
import type { ReactNode } from "react";
import { clock } from "../stage/clock";
import { plural, t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { AlertIcon, PhoneIcon } from "../ui/icons";
import { Light } from "../ui/Light";
import { type Connection, type Desk, elapsedMs, urgency, type Waiting, waitsSinceMs } from "./desk";
import { inOrder, isKept, rings } from "./handed";
import { HandedLine } from "./HandedLine";

interface Props {
  readonly desk: Desk;
  readonly nowMs: number;
  /** The session whose accept is on its way. */
  readonly accepting: string | null;
  /** Camera and microphone are not prepared: the browser will ask at the accept. */
  readonly asksLater: boolean;
  readonly topicName: (code: string) => string;
  readonly onAccept: (session: string) => void;
  readonly onFree: () => void;
}

export function DeskZone({ desk, nowMs, accepting, asksLater, topicName, onAccept, onFree }: Props) {
  const { open, kept } = inOrder(desk, nowMs + desk.skewMs);
  const [next, ...others] = open;
  const item = { desk, nowMs, accepting, asksLater, topicName, onAccept };
  return (
    <section className="zone zone--desk" aria-labelledby="zone-desk">
      <h2 id="zone-desk" className="zone__title">
        {t("console.desk.title")}
        {desk.waiting.length > 0 && <span className="zone__count numeric">{desk.waiting.length}</span>}
      </h2>
      {next === undefined ? (
        <>
          <Quiet desk={desk} onFree={onFree} kept={kept.length > 0} />
          {kept.length > 0 && (
            <ul className="queue">
              {kept.map((one) => (
                <Row key={one.session} one={one} {...item} />
              ))}
            </ul>
          )}
        </>
      ) : (
        <>
          <Next one={next} {...item} />
          {others.length + kept.length > 0 && (
            <>
              <h3 className="zone__sub">{plural("console.desk.then", others.length + kept.length)}</h3>
              <ul className="queue">
                {[...others, ...kept].map((one) => (
                  <Row key={one.session} one={one} {...item} />
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </section>
  );
}

interface ItemProps extends Omit<Props, "onFree"> {
  readonly one: Waiting;
}

function Next({ one, desk, nowMs, accepting, asksLater, topicName, onAccept }: ItemProps) {
  const waitedMs = elapsedMs(waitsSinceMs(one), desk, nowMs);
  const urgent = urgency(waitedMs);
  // Whoever has a talk running goes back to that first; it is the primary action then.
  const first = !desk.inTalk;
  const byEnter = first && desk.wish === "free" && rings(one, nowMs + desk.skewMs);
  return (
    <article className={`next next--${urgent}`} aria-label={t("console.desk.next", { name: one.name })}>
      <div className="next__who">
        <Avatar name={one.name} />
        <div className="next__name">
          <p className="next__person">
            <bdi>{one.name}</bdi>
          </p>
          <Unchecked />
        </div>
        <div className="next__wait">
          <span className="next__label">{t(`console.desk.waits.${urgent}`)}</span>
          <span className="next__clock numeric" role="timer">
            {clock(waitedMs)}
          </span>
        </div>
      </div>
      <Facts one={one} topicName={topicName} />
      <HandedLine one={one} desk={desk} nowMs={nowMs} />
      <div className="next__act">
        <Button
          look={first ? "primary" : "plain"}
          large
          icon={PhoneIcon}
          aria-keyshortcuts={byEnter ? "Enter" : undefined}
          busy={accepting === one.session ? t("console.desk.accepting") : undefined}
          onClick={() => onAccept(one.session)}
        >
          {t("console.desk.accept")}
        </Button>
        {byEnter && (
          <span className="next__hint">
            <kbd>{t("console.desk.enter.key")}</kbd> {t("console.desk.enter")}
          </span>
        )}
      </div>
      {asksLater && <p className="next__devices small soft">{t("console.devices.later")}</p>}
    </article>
  );
}

function Row({ one, desk, nowMs, accepting, topicName, onAccept }: ItemProps) {
  const waitedMs = elapsedMs(waitsSinceMs(one), desk, nowMs);
  const kept = isKept(one, nowMs + desk.skewMs);
  return (
    <li className={`queue__row queue__row--${urgency(waitedMs)}`}>
      <Avatar name={one.name} size="small" />
      <div className="queue__who">
        <p className="queue__person">
          <bdi>{one.name}</bdi>
        </p>
        <Unchecked />
        <HandedLine one={one} desk={desk} nowMs={nowMs} />
      </div>
      <Facts one={one} topicName={topicName} />
      <span className="queue__clock numeric" role="timer" aria-label={t("console.desk.waits.calm")}>
        {clock(waitedMs)}
      </span>
      {!kept && (
        <Button
          busy={accepting === one.session ? t("console.desk.accepting") : undefined}
          aria-label={t("console.desk.accept.name", { name: one.name })}
          onClick={() => onAccept(one.session)}
        >
          {t("console.desk.accept.short")}
        </Button>
      )}
    </li>
  );
}

/** A typed name proves nothing; whoever reads it must not forget that. */
export function Unchecked() {
  return (
    <span className="badge badge--warn" title={t("console.unchecked.why")}>
      <AlertIcon />
      {t("console.unchecked")}
    </span>
  );
}

function Facts({ one, topicName }: Pick<ItemProps, "one" | "topicName">) {
  const facts: [string, ReactNode][] = [
    ["topic", one.topic === null ? t("console.desk.topic.none") : topicName(one.topic)],
    ["language", t(`console.language.${one.language === "en" ? "en" : "de"}`)],
    [
      "link",
      <span key="link" className="presence">
        <span className={`dot dot--${one.present ? "good" : "warn"}`} aria-hidden="true" />
        {t(one.present ? "console.desk.present" : "console.desk.absent")}
      </span>,
    ],
  ];
  if (one.connection !== null) facts.push(["checkup", <Checked key="checkup" {...one.connection} />]);
  return (
    <ul className="facts">
      {facts.map(([name, words]) => (
        <li key={name}>{words}</li>
      ))}
    </ul>
  );
}

/** What the checkup found, in a few words; what may go well needs only one. */
function Checked({ word, cause, microphone }: Connection) {
  const more = cause !== "ok" ? cause : microphone === "quiet" ? "quiet" : null;
  return (
    <Light word={word === "none" ? "poor" : word}>
      {more === null ? t("console.desk.checkup.good") : t(`console.desk.checkup.${more}`)}
    </Light>
  );
}

function Quiet({ desk, onFree, kept }: { desk: Desk; onFree: () => void; kept: boolean }) {
  const why = kept && desk.wish === "free" && !desk.inTalk ? "kept" : desk.inTalk ? "talk" : desk.wish;
  return (
    <div className="quiet">
      <span className={`quiet__lamp quiet__lamp--${desk.inTalk ? "busy" : desk.wish}`} aria-hidden="true" />
      <p className="quiet__title">{t(`console.quiet.${why}`)}</p>
      <p className="soft">{t(`console.quiet.${why}.next`)}</p>
      {(why === "busy" || why === "away") && (
        <Button look="primary" onClick={onFree}>
          {t("console.quiet.become.free")}
        </Button>
      )}
    </div>
  );
}
