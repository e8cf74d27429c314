/** What one can do in a talk, each with its word. Says what pressing does, shows how it is. */
import type { ComponentType, ReactNode } from "react";
import { plural, t } from "../texts";
import {
  BoardIcon,
  CameraIcon,
  CameraOffIcon,
  ChatIcon,
  EndIcon,
  FileIcon,
  MicrophoneIcon,
  MicrophoneOffIcon,
  ScreenIcon,
  ScreenOffIcon,
} from "../ui/icons";

export interface Toggle {
  on: boolean;
  toggle(): void;
  /** There is no such device, or it was refused: pressing asks for it. */
  missing?: boolean;
}

interface Props {
  microphone: Toggle;
  camera: Toggle;
  /** Left out where the browser cannot share a screen (phones). */
  screen?: Toggle;
  chat?: Toggle & { unread: number };
  files?: Toggle & { unread: number };
  /** For whoever may open the board. */
  board?: Toggle;
  end(): void;
  /** More controls, before the one that ends. */
  children?: ReactNode;
}

export function Controls({ microphone, camera, screen, chat, files, board, end, children }: Props) {
  return (
    <div className="controls" role="group" aria-label={t("talk.controls")}>
      <Control
        icon={microphone.on ? MicrophoneIcon : MicrophoneOffIcon}
        word={t("talk.microphone")}
        label={t(microphone.on ? "talk.microphone.off" : "talk.microphone.on")}
        tone={microphone.on ? "idle" : "off"}
        press={microphone.toggle}
      />
      <Control
        icon={camera.on ? CameraIcon : CameraOffIcon}
        word={t("talk.camera")}
        label={t(camera.on ? "talk.camera.off" : "talk.camera.on")}
        tone={camera.on ? "idle" : "off"}
        press={camera.toggle}
      />
      {screen && (
        <Control
          icon={screen.on ? ScreenOffIcon : ScreenIcon}
          word={t("talk.screen")}
          label={t(screen.on ? "talk.screen.off" : "talk.screen.on")}
          tone={screen.on ? "active" : "idle"}
          press={screen.toggle}
        />
      )}
      {chat && (
        <Control
          icon={ChatIcon}
          word={t("talk.chat")}
          label={chat.unread > 0 && !chat.on ? plural("talk.chat.unread", chat.unread) : t(chat.on ? "talk.chat.close" : "talk.chat.open")}
          tone={chat.on ? "active" : "idle"}
          expanded={chat.on}
          opens="chat"
          count={chat.on ? 0 : chat.unread}
          press={chat.toggle}
        />
      )}
      {files && (
        <Control
          icon={FileIcon}
          word={t("files.title")}
          label={files.unread > 0 && !files.on ? plural("files.control.unread", files.unread) : t(files.on ? "files.control.close" : "files.control.open")}
          tone={files.on ? "active" : "idle"}
          expanded={files.on}
          opens="files"
          count={files.on ? 0 : files.unread}
          press={files.toggle}
        />
      )}
      {board && (
        <Control
          icon={BoardIcon}
          word={t("board.control")}
          label={t(board.on ? "board.close" : "board.open")}
          tone={board.on ? "active" : "idle"}
          expanded={board.on}
          press={board.toggle}
        />
      )}
      {children}
      <Control icon={EndIcon} word={t("talk.end")} label={t("talk.end.label")} tone="end" press={end} />
    </div>
  );
}

interface ControlProps {
  icon: ComponentType;
  /** The short word under the picture; part of `label`, so that saying it aloud works. */
  word: string;
  label: string;
  tone?: "idle" | "active" | "off" | "end";
  expanded?: boolean;
  /** What it opens: from there the focus comes back to it. */
  opens?: string;
  count?: number;
  press(): void;
}

export function Control({ icon: Icon, word, label, tone = "idle", expanded, opens, count = 0, press }: ControlProps) {
  return (
    <button
      type="button"
      className={`control control--${tone}`}
      aria-label={label}
      aria-expanded={expanded}
      data-opens={opens}
      title={label}
      onClick={press}
    >
      <span className="control__disc">
        <Icon />
        {count > 0 && <span className="badge badge--count control__count" data-count={count > 99 ? "99+" : count} />}
      </span>
      <span className="control__word">{word}</span>
    </button>
  );
}
