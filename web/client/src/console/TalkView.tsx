/** The talk: the same stage as the prospect's, the chat beside it, and how their connection is. */
import { useState } from "react";
import { ChatPane } from "../chat/ChatPane";
import { clock } from "../stage/clock";
import { Controls } from "../stage/Controls";
import { Stage } from "../stage/Stage";
import { t } from "../texts";
import { Light } from "../ui/Light";
import { Unchecked } from "./DeskZone";
import type { ConsolePage } from "./page";
import { advice, line, type Seen } from "./report";
import type { Shift } from "./shift";
import type { Talk, TalkState } from "./talk";
import { useNowMs, useTitle, useWatched } from "./watching";

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
  const [chatOpen, setChatOpen] = useState(wide);
  const { name } = state;
  const { devices } = shift;
  useTitle(`${t("console.talk.prospect")} – ${page.company}`);
  // With the panel closed the suggestion has no other place.
  const said = line(state) ?? (chatOpen ? null : advice(state.report));
  return (
    <Stage
      person={{ name }}
      remote={state.remote}
      remoteDevices={state.remoteDevices}
      own={own.stream}
      ownName={page.me.name}
      ownDevices={{ camera: own.camera, microphone: own.microphone }}
      line={said === null ? null : t(said, { name })}
      status={<Status state={state} nowMs={nowMs + shift.skewMs()} />}
      side={
        <div className="desk-side">
          <Connection report={state.report} />
          <ChatPane
            lines={chat.lines}
            typing={chat.typing}
            open={chatOpen}
            onSend={(text) => talk.chat.say(text)}
            onTyping={(on) => talk.chat.type(on)}
            onSeen={() => talk.chat.see()}
            onRetry={(id) => talk.chat.retry(id)}
            onClose={() => setChatOpen(false)}
          />
        </div>
      }
      sideOpen={chatOpen}
      sideLabel={t("console.talk.side")}
      controls={
        <Controls
          microphone={{ on: own.microphone, toggle: () => void devices.setMicrophone(!own.microphone) }}
          camera={{ on: own.camera, toggle: () => void devices.setCamera(!own.camera) }}
          chat={{ on: chatOpen, unread: chat.unread, toggle: () => setChatOpen(!chatOpen) }}
          end={() => shift.end()}
        />
      }
    />
  );
}

function Status({ state, nowMs }: { state: TalkState; nowMs: number }) {
  const word = state.report?.word ?? null;
  return (
    <div className="status">
      <Unchecked />
      <Light word={word ?? "none"}>{t(`console.talk.word.${word ?? "unknown"}`)}</Light>
      {state.flow.acceptedMs !== null && (
        <span className="numeric" role="timer">
          {clock(nowMs - state.flow.acceptedMs)}
        </span>
      )}
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

/** On a wide screen the chat stands beside the stage from the start; on a phone it is called. */
function wide(): boolean {
  return window.matchMedia("(min-width: 62rem)").matches;
}
