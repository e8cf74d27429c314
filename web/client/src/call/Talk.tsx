/** The talk, as the prospect sees it: the stage, five controls, the chat beside it. */
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { ChatPane } from "../chat/ChatPane";
import { DropHere, FileSide, useFiles, useIncoming } from "../files/FileSide";
import { find, type Person } from "../sessions/session";
import { BoardPlace } from "../stage/BoardPlace";
import { clock } from "../stage/clock";
import { Controls } from "../stage/Controls";
import { canShareScreen, moveFocus, type Side, TOLD_MS, useBackButton } from "../stage/habits";
import { Stage } from "../stage/Stage";
import { t } from "../texts";
import { Dots, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Light } from "../ui/Light";
import { SettingsIcon } from "../ui/icons";
import { useNow } from "../ui/useNow";
import { useRise } from "../ui/useRise";
import { Consents } from "./Consents";
import { DeviceChoices } from "./DeviceChoices";
import { problemWith } from "./equipment";
import { advisorOf } from "./flow";
import { RecordingDoor } from "../recording/door";
import { countScreen } from "./shown";
import { SpecialConsents, SpecialQuestion, useTopic } from "./SpecialConsent";
import type { Claimant } from "./Receipt";
import { AskDialog, LostDialog, ProblemDialog } from "./TalkDialogs";
import { troubleLine } from "./trouble";
import type { CallActions, CallView, Source } from "./view";

type Sheet = "none" | "devices" | "end" | "share";

/** A reload of the other side takes less; whoever then wants to wait is asked again later. */
const LOST_MS = 5_000;
const PATIENT_MS = 60_000;
const FREEZES = new Set<string | undefined>(["away", "media", "nomedia"]);

export interface TalkProps {
  view: CallView;
  actions: CallActions;
  claimant: Claimant;
}

export function Talk({ view, actions, claimant }: TalkProps) {
  const now = useNow();
  const [side, setSide] = useState<Side>("none");
  const [sheet, setSheet] = useState<Sheet>("none");
  const advisor = advisorOf(view.flow);
  const { devices } = view;
  const person = { name: advisor?.name ?? view.company, title: advisor?.title ?? "" };
  const line = troubleLine(view.trouble, now, person.name);
  const stopped = now - view.stoppedMs < TOLD_MS && t("talk.screen.stopped", { name: person.name });
  const [wanted, setWanted] = useState<Source | null>(null);
  const problem = problemWith(devices, wanted);
  const toggle = {
    camera: () => {
      setWanted(devices.camera ? null : "camera");
      actions.toggleCamera();
    },
    microphone: () => {
      setWanted(devices.microphone ? null : "microphone");
      actions.toggleMicrophone();
    },
  };
  const mayShow = devices.screen || view.flow.consents.screen;
  const [patientUntil, setPatientUntil] = useState(0);
  const lost = view.trouble?.what === "away" && now - view.trouble.sinceMs > LOST_MS && now > patientUntil;
  const { consents } = view.flow;
  const topic = useTopic(claimant, view.language);
  const undecided = topic?.special.find((one) => consents[one] === undefined);
  const close = () => setSheet("none");
  const share = () => {
    close();
    actions.toggleScreen();
  };
  const show = (next: Side) => {
    flushSync(() => setSide(next));
    moveFocus(next, side);
  };
  const toggleSide = (which: Side) => show(side === which ? "none" : which);
  const files = useFiles(actions.files);
  const over = useIncoming(actions.files, () => setSide("files"));
  useBackButton(() => setSheet("end"));
  // What is left to talk with is before one's eyes.
  useRise(devices.background?.state === "failed", () => setSheet("devices"));
  useRise(view.trouble?.what === "nomedia", () => setSide("chat"));
  const shown = devices.screen || view.flow.remoteDevices.screen === true;
  useEffect(() => {
    if (shown) countScreen();
  }, [shown]);
  return (
    <>
      <Stage
        person={person}
        remote={view.remote}
        remoteDevices={view.flow.remoteDevices}
        own={devices.own}
        ownName={view.me}
        ownDevices={{ camera: devices.camera, microphone: devices.microphone, screen: devices.screen }}
        sink={devices.chosen.speaker}
        frozen={line !== null && FREEZES.has(view.trouble?.what)}
        stopScreen={actions.stopScreen}
        line={
          line === null ? stopped : (
            <>
              {line.text}
              {line.seconds !== null && <span aria-hidden="true">, {line.seconds} s</span>}
            </>
          )
        }
        status={
          <>
            {view.word && view.word !== "none" && <Light word={view.word}>{t(`talk.quality.${view.word}`)}</Light>}
            <span className="numeric" role="timer" aria-label={t("talk.clock")}>
              {clock(now - (view.flow.session.acceptedAt ?? now))}
            </span>
            {topic?.recording && (
              <RecordingDoor
                terms={topic.recording}
                wanted={view.flow.recording === true}
                mine={view.flow.consents.recording}
                name={person.name}
                here={!view.elsewhere}
                ends={actions.ends}
                claim={claimant}
                agree={(given) => actions.decide("recording", given)}
              />
            )}
            {view.party.party && view.party.views && (
              <view.party.views.People party={view.party.party} me={view.party.me} pair={view.flow.session.people.filter(isPair)} />
            )}
            {view.identity && <view.identity.View identity={view.identity.identity} name={person.name} />}
            <IconButton icon={SettingsIcon} label={t("talk.devices")} onClick={() => setSheet("devices")} />
          </>
        }
        board={
          view.boardLed.led.open && (
            <BoardPlace gate={view.board} files={actions.files} language={view.language} word={t("board.opened", { name: person.name })} />
          )
        }
        party={
          view.party.party &&
          view.party.views && <view.party.views.Tiles party={view.party.party} sink={devices.chosen.speaker} by={person.name} />
        }
        sideOpen={side !== "none"}
        sideLabel={t(side === "files" ? "files.title" : "chat.title")}
        side={
          <>
            <ChatPane
              {...view.chat}
              open={side === "chat"}
              onSend={actions.say}
              onTyping={actions.typing}
              onSeen={actions.seen}
              onRetry={actions.retry}
              onClose={() => show("none")}
            />
            <FileSide
              files={actions.files}
              open={side === "files"}
              language={view.language}
              nameOf={(participant) => find(view.flow.session, participant)?.name ?? ""}
              onClose={() => show("none")}
            />
          </>
        }
        controls={
          <Controls
            microphone={{ on: devices.microphone, toggle: toggle.microphone }}
            camera={{ on: devices.camera, toggle: toggle.camera }}
            {...(canShareScreen() ? { screen: { on: devices.screen, toggle: mayShow ? share : () => setSheet("share") } } : {})}
            chat={{ on: side === "chat", unread: view.chat.unread, toggle: () => toggleSide("chat") }}
            files={{ on: side === "files", unread: files.unread, toggle: () => toggleSide("files") }}
            end={() => setSheet("end")}
          />
        }
      />
      {over && <DropHere />}
      {sheet === "devices" && (
        <Dialog title={t("talk.devices")} closeLabel={t("ui.close")} onClose={close}>
          <DeviceChoices devices={devices} actions={actions} />
          <Consents given={view.flow.consents} withdraw={actions.withdraw} />
          <SpecialConsents about={topic?.special ?? []} given={consents} decide={actions.decide} />
        </Dialog>
      )}
      {sheet === "none" && undecided && <SpecialQuestion key={undecided} about={undecided} decide={actions.decide} />}
      {sheet === "share" && <AskDialog about="talk.share." look="primary" go={share} close={close} />}
      {sheet === "end" && (
        <AskDialog about="talk.end." look="danger" busy={view.ending && t("talk.ending")} go={actions.end} close={close} />
      )}
      {sheet === "none" && lost && (
        <LostDialog name={person.name} again={actions.requeue} close={() => setPatientUntil(now + PATIENT_MS)} />
      )}
      {sheet === "none" && !lost && problem && wanted && (
        <ProblemDialog problem={problem} retry={toggle[wanted]} close={() => setWanted(null)} />
      )}
      {devices.asking && (
        <p className="asking" role="status">
          <Dots /> {t("ready.asking")}
        </p>
      )}
    </>
  );
}

/** Of the two whose talk it is. */
function isPair({ role, stage, left }: Person): boolean {
  return role !== "guest" && stage === "seated" && left === null;
}
