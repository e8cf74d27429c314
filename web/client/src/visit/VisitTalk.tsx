/** The talk, as a guest sees it: whoever advises large, the others beside, and the chat from now on. */
import { useState } from "react";
import { Consents } from "../call/Consents";
import { DeviceChoices } from "../call/DeviceChoices";
import { problemWith } from "../call/equipment";
import { AskDialog, ProblemDialog } from "../call/TalkDialogs";
import { troubleLine } from "../call/trouble";
import type { Source } from "../call/view";
import { ChatPane } from "../chat/ChatPane";
import { DropHere, FileSide, useFiles, useIncoming } from "../files/FileSide";
import { People } from "../party/People";
import { Tiles, useParty } from "../party/Tiles";
import { find } from "../sessions/session";
import { BoardPlace } from "../stage/BoardPlace";
import { Controls } from "../stage/Controls";
import { canShareScreen, moveFocus, type Side, useBackButton } from "../stage/habits";
import { Stage } from "../stage/Stage";
import { t } from "../texts";
import { Dots, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { SettingsIcon } from "../ui/icons";
import { Light } from "../ui/Light";
import { useNow } from "../ui/useNow";
import { useRise } from "../ui/useRise";
import type { Inside, Visit, VisitView } from "./visit";

type Sheet = "none" | "devices" | "leave" | "share";

export interface VisitTalkProps {
  visit: Visit;
  view: VisitView;
}

export function VisitTalk({ visit, view }: VisitTalkProps) {
  return visit.inside && <Within visit={visit} view={view} inside={visit.inside} />;
}

const ON = { camera: true, microphone: true, screen: false };

function Within({ visit, view, inside }: VisitTalkProps & { inside: Inside }) {
  const { equipment } = visit;
  const { relay, files, chat, party, board } = inside;
  const now = useNow();
  const [side, setSide] = useState<Side>("none");
  const [sheet, setSheet] = useState<Sheet>("none");
  const [wanted, setWanted] = useState<Source | null>(null);
  const { others } = useParty(party);
  const devices = equipment.view;
  const main = others.find((one) => one.role === "advisor");
  const person = { name: main?.name ?? view.company, title: main?.title ?? "" };
  const line = troubleLine(view.trouble, now, person.name);
  const problem = problemWith(devices, wanted);
  const toggle = (source: Source) => () => {
    setWanted(devices[source] ? null : source);
    if (source === "camera") equipment.toggleCamera();
    else equipment.toggleMicrophone();
  };
  const show = (next: Side) => {
    setSide(next);
    requestAnimationFrame(() => moveFocus(next, side));
  };
  const toggleSide = (which: Side) => show(side === which ? "none" : which);
  const shared = useFiles(files);
  const over = useIncoming(files, () => setSide("files"));
  const close = () => setSheet("none");
  const share = () => {
    close();
    equipment.toggleScreen();
  };
  useBackButton(() => setSheet("leave"));
  useRise(devices.background?.state === "failed", () => setSheet("devices"));
  const words = view.chat ?? chat.state;
  return (
    <>
      <Stage
        person={person}
        remote={main?.stream ?? null}
        remoteDevices={main ?? ON}
        own={devices.own}
        ownName={view.me}
        ownDevices={devices}
        sink={devices.chosen.speaker}
        frozen={line !== null && main?.connected === false}
        {...(main === undefined ? {} : { stopScreen: () => party.stopScreen(main.participant) })}
        line={line?.text}
        status={
          <>
            {view.word && view.word !== "none" && <Light word={view.word}>{t(`talk.quality.${view.word}`)}</Light>}
            <People party={party} me={relay.admission?.participant ?? null} />
            <IconButton icon={SettingsIcon} label={t("talk.devices")} onClick={() => setSheet("devices")} />
          </>
        }
        board={
          board.state.led.open && (
            <BoardPlace gate={board} files={files} language={view.language} word={t("board.opened", { name: person.name })} />
          )
        }
        party={<Tiles party={party} main={main?.participant} by={person.name} sink={devices.chosen.speaker} />}
        sideOpen={side !== "none"}
        sideLabel={t(side === "files" ? "files.title" : "chat.title")}
        side={
          <>
            <ChatPane
              lines={words.lines}
              typing={words.typing}
              open={side === "chat"}
              emptyText={t("visit.chat.empty")}
              onSend={(text) => chat.say(text)}
              onTyping={(on) => chat.type(on)}
              onSeen={() => chat.see()}
              onRetry={(id) => chat.retry(id)}
              onClose={() => show("none")}
            />
            <FileSide
              files={files}
              open={side === "files"}
              language={view.language}
              nameOf={(participant) => find(view.session, participant)?.name ?? ""}
              onClose={() => show("none")}
            />
          </>
        }
        controls={
          <Controls
            microphone={{ on: devices.microphone, toggle: toggle("microphone") }}
            camera={{ on: devices.camera, toggle: toggle("camera") }}
            {...(canShareScreen()
              ? { screen: { on: devices.screen, toggle: devices.screen || equipment.given.screen ? share : () => setSheet("share") } }
              : {})}
            chat={{ on: side === "chat", unread: words.unread, toggle: () => toggleSide("chat") }}
            files={{ on: side === "files", unread: shared.unread, toggle: () => toggleSide("files") }}
            end={() => setSheet("leave")}
          />
        }
      />
      {over && <DropHere />}
      {sheet === "devices" && (
        <Dialog title={t("talk.devices")} closeLabel={t("ui.close")} onClose={close}>
          <DeviceChoices devices={devices} actions={equipment} />
          <Consents given={equipment.given} withdraw={equipment.withdraw} />
        </Dialog>
      )}
      {sheet === "share" && (
        <AskDialog about="talk.share." look="primary" go={share} close={close} />
      )}
      {sheet === "leave" && <AskDialog about="visit.go." look="danger" go={visit.leave} close={close} />}
      {sheet === "none" && problem && wanted && (
        <ProblemDialog problem={problem} retry={toggle(wanted)} close={() => setWanted(null)} />
      )}
      {devices.asking && (
        <p className="asking" role="status">
          <Dots /> {t("ready.asking")}
        </p>
      )}
    </>
  );
}
