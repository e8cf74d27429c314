/** The talk: the same stage as the prospect's, the chat beside it, and how their connection is. */
import { useState, type ReactNode } from "react";
import { ChatPane } from "../chat/ChatPane";
import { DropHere, FileSide, useFiles, useIncoming } from "../files/FileSide";
import { RecordingDoor } from "../recording/door";
import { BoardPlace } from "../stage/BoardPlace";
import { clock } from "../stage/clock";
import { Control, Controls } from "../stage/Controls";
import { canShareScreen, type Side, TOLD_MS } from "../stage/habits";
import { Stage } from "../stage/Stage";
import { t } from "../texts";
import { specials } from "../call/special";
import { IconButton } from "../ui/Button";
import { RecordIcon, SettingsIcon } from "../ui/icons";
import { Light } from "../ui/Light";
import { useRise } from "../ui/useRise";
import { Barring } from "./Barring";
import { Unchecked } from "./DeskZone";
import { DeviceSheet } from "./DevicePrep";
import type { ConsolePage } from "./page";
import { GuestsDoor } from "../guests/door";
import { HandedNote } from "./HandedNote";
import { HandOver } from "./HandOver";
import { HandOverIcon } from "./HandOverIcon";
import { advice, line, type Seen } from "./report";
import type { Shift } from "./shift";
import type { Talk, TalkState } from "./talk";
import { useNowMs, useTitle, useWatched } from "./watching";
import { wide } from "./wide";


interface Props {
  readonly talk: Talk;
  readonly shift: Shift;
  readonly page: ConsolePage;
}

export function TalkView({ talk, shift, page }: Props) {
  const state = useWatched(talk.state);
  const own = useWatched(shift.devices.state);
  const { chat } = state;
  const nowMs = useNowMs();
  const [side, setSide] = useState<Side>(() => (wide() || state.handed ? "chat" : "none"));
  const [choosing, setChoosing] = useState(false);
  const [handing, setHanding] = useState(false);
  const [barring, setBarring] = useState(false);
  const [asking, setAsking] = useState(false);
  const terms = useTerms(shift, talk, page);
  useRise(own.choices.background?.state === "failed", () => setChoosing(true));
  // What is left to talk with is before one's eyes.
  const writing = state.media === "impossible";
  useRise(writing, () => setSide("chat"));
  const toggleSide = (which: Side) => setSide(side === which ? "none" : which);
  const files = useFiles(talk.files);
  const over = useIncoming(talk.files, () => setSide("files"));
  const { name } = state;
  const { devices } = shift;
  useTitle(`${t("console.talk.prospect")} – ${page.company}`);
  // With the panel closed the suggestion has no other place.
  const stopped = nowMs - state.stoppedMs < TOLD_MS ? "talk.screen.stopped" : null;
  const said = line(state) ?? stopped ?? (side !== "none" ? null : advice(state.report));
  return (
    <div ref={focus} tabIndex={-1} role="group" aria-label={t("console.talk.with", { name })} className="on-stage">
      <Stage
        person={{ name, title: <Known talk={talk} shift={shift} /> }}
        remote={state.remote}
        remoteDevices={state.remoteDevices}
        own={own.stream}
        ownName={page.me.name}
        ownDevices={{ camera: own.camera, microphone: own.microphone, screen: own.screen }}
        sink={own.choices.chosen.speaker}
        stopScreen={() => talk.stopScreen()}
        line={said === null ? null : t(said, { name })}
        status={<Status state={state} nowMs={nowMs + shift.skewMs()} onDevices={() => setChoosing(true)}>
          {terms && (
            <RecordingDoor
              terms={terms}
              wanted={state.recording.wanted}
              mine={state.recording.mine}
              theirs={state.recording.theirs}
              name={name}
              here={!state.elsewhere}
              ends={() => ({ relay: talk.relay, devices: devices.devices })}
              claim={{ session: talk.session, csrf: page.csrf }}
              agree={(given) => talk.agree(given)}
              start={{ open: asking, close: () => setAsking(false) }}
            />
          )}
          <GuestsDoor
            talk={talk}
            http={shift.http}
            nowMs={nowMs + shift.skewMs()}
            ring={devices.testSpeaker}
            {...(page.barMinutes > 0 ? { bar: () => setBarring(true) } : {})}
          />
        </Status>}
        side={
          <div className="desk-side">
            {state.handed && <HandedNote name={name} told={() => shift.handovers.told(talk.session)} />}
            <Connection report={writing ? null : state.report} />
            <ChatPane
              lines={chat.lines}
              typing={chat.typing}
              open={side === "chat"}
              onSend={(text) => talk.chat.say(text)}
              onTyping={(on) => talk.chat.type(on)}
              onSeen={() => talk.chat.see()}
              onRetry={(id) => talk.chat.retry(id)}
              onClose={() => setSide("none")}
            />
            <FileSide
              files={talk.files}
              open={side === "files"}
              language={page.lang}
              nameOf={(participant) => talk.nameOf(participant)}
              onClose={() => setSide("none")}
            />
          </div>
        }
        sideOpen={side !== "none"}
        board={state.board.led.open && <BoardPlace gate={talk.board} files={talk.files} leads language={page.lang} />}
        party={
          state.party.party &&
          state.party.views && (
            <state.party.views.Tiles party={state.party.party} sink={own.choices.chosen.speaker} by={page.me.name} advises />
          )
        }
        sideLabel={t("console.talk.side")}
        controls={
          <Controls
            microphone={{ on: own.microphone, toggle: () => void devices.setMicrophone(!own.microphone) }}
            camera={{ on: own.camera, toggle: () => void devices.setCamera(!own.camera) }}
            {...(canShareScreen() ? { screen: { on: own.screen, toggle: () => void devices.toggleScreen() } } : {})}
            chat={{ on: side === "chat", unread: chat.unread, toggle: () => toggleSide("chat") }}
            files={{ on: side === "files", unread: files.unread, toggle: () => toggleSide("files") }}
            board={{ on: state.board.led.open, toggle: () => talk.board.lead({ open: !state.board.led.open }) }}
            end={() => shift.end()}
          >
            <Control
              icon={HandOverIcon}
              word={t("console.handover.control")}
              label={t("console.handover.open")}
              press={() => setHanding(true)}
            />
            {terms && (
              <Control
                icon={RecordIcon}
                word={t("recording.control")}
                label={t(state.recording.wanted ? "recording.stop" : "recording.start")}
                tone={state.recording.wanted ? "active" : "idle"}
                press={() => setAsking(true)}
              />
            )}
          </Controls>
        }
      />
      {over && <DropHere />}
      {handing && (
        <HandOver
          name={name}
          topics={page.topics}
          colleagues={() => shift.handovers.colleagues()}
          give={(wanted) => shift.handovers.give(talk.session, { ...wanted, name })}
          onClose={() => setHanding(false)}
        />
      )}
      {barring && (
        <Barring
          session={talk.session}
          name={name}
          minutes={page.barMinutes}
          http={shift.http}
          onClose={() => setBarring(false)}
        />
      )}
      {choosing && <DeviceSheet readiness={own} devices={devices} onClose={() => setChoosing(false)} />}
    </div>
  );
}

/** The button that was pressed has gone with the desk: reading and tabbing go on here. */
function focus(stage: HTMLElement | null): void {
  stage?.focus();
}

/** What to bear in mind about this person: nobody checked the name; what they set right meanwhile; which
 * specially protected things may be a subject. */
function Known({ talk, shift }: Pick<Props, "talk" | "shift">) {
  const { special } = useWatched(talk.state);
  const { desk } = useWatched(shift.link.state);
  const mine = desk?.mine.find((one) => one.session === talk.session);
  const concerned = specials.filter((one) => special[one] !== undefined || mine?.special.includes(one));
  return (
    <span className="known">
      <Unchecked />
      {(mine?.corrections ?? 0) > 0 && (
        <span className="badge badge--warn" role="status">
          {t("console.talk.corrected")}
        </span>
      )}
      {concerned.map((one) => (
        <span key={one} className={`badge badge--${special[one] ? "good" : "warn"}`} role="status">
          {t(`console.${one}.${special[one] === undefined ? "asked" : special[one] ? "given" : "not"}`)}
        </span>
      ))}
    </span>
  );
}

/** In which words this talk may be recorded; null: it may not. */
function useTerms(shift: Shift, talk: Talk, page: ConsolePage) {
  const { desk } = useWatched(shift.link.state);
  const allowed = desk?.mine.some((one) => one.session === talk.session && one.recording) === true;
  return allowed ? page.recording : null;
}

interface StatusProps {
  readonly state: TalkState;
  readonly nowMs: number;
  readonly onDevices: () => void;
  readonly children: ReactNode;
}

function Status({ state, nowMs, onDevices, children }: StatusProps) {
  const word = state.report?.word ?? null;
  return (
    <div className="status">
      <Light word={word ?? "none"}>{t(`console.talk.word.${word ?? "unknown"}`)}</Light>
      {state.report !== null && state.report.path !== "none" && (
        <span className="status__path small" data-testid="path">
          {t(`console.talk.path.${state.report.path}`)}
        </span>
      )}
      {state.flow.acceptedMs !== null && (
        <span className="numeric" role="timer" aria-label={t("talk.clock")}>
          {clock(nowMs - state.flow.acceptedMs)}
        </span>
      )}
      {children}
      {state.identity && <state.identity.View identity={state.identity.identity} name={state.name} />}
      <IconButton icon={SettingsIcon} label={t("talk.devices")} onClick={onDevices} />
    </div>
  );
}

/** There is something to suggest: said aloud when it changes, gone when all is well. */
function Connection({ report }: { report: Seen | null }) {
  const tip = advice(report);
  return (
    <div className={`connection connection--${report?.word ?? "none"}`} role="status">
      {report !== null && tip !== null && (
        <>
          <p className="connection__head">
            <span>{t("console.talk.connection")}</span>
            <Light word={report.word}>{t(`console.talk.word.${report.word}`)}</Light>
          </p>
          <p className="small">{t(tip)}</p>
        </>
      )}
    </div>
  );
}
