/** The talk's stage, the same for everybody: the other person large, oneself small, what can be
    done below, a side panel. Draws what it is given; knows nothing of relay, peers or sessions. */
import type { ReactNode } from "react";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { MicrophoneOffIcon, ScreenOffIcon } from "../ui/icons";
import { OwnPicture } from "./OwnPicture";
import { RemotePicture } from "./RemotePicture";

export interface Devices {
  camera: boolean;
  microphone: boolean;
  /** The video is a shared screen. */
  screen?: boolean;
}

export interface StageProps {
  /** The title: what is known about them, under the name. */
  person: { name: string; title?: ReactNode };
  remote: MediaStream | null;
  remoteDevices: Devices;
  own: MediaStream | null;
  ownName: string;
  ownDevices: Devices;
  /** The <Controls>. */
  controls: ReactNode;
  /** The picture stands still: the other side is away, or nothing comes through. */
  frozen?: boolean;
  /** One calm line while something is wrong: what, and what is being done. */
  line?: ReactNode;
  /** Ends what they show. */
  stopScreen?: () => void;
  /** Top right: clock, connection light. */
  status?: ReactNode;
  /** What is being said, in words. The space is kept for it. */
  captions?: ReactNode;
  /** Panel beside the stage (chat, notes); on a phone it covers the lower part. */
  side?: ReactNode;
  /** The panel stays mounted while closed, so that nothing typed is lost. */
  sideOpen?: boolean;
  sideLabel?: string;
  /** The open board: it takes the stage, and the faces stand beside it. */
  board?: ReactNode;
  /** Who else is there, where there are more than two. */
  party?: ReactNode;
  /** Loudspeaker to use. */
  sink?: string;
}

export function Stage(props: StageProps) {
  const { person, remoteDevices, ownDevices, line, status, captions, controls, side, sideOpen = false } = props;
  const seen = remoteDevices.camera || remoteDevices.screen === true;
  return (
    <div className="talk dark" data-side={sideOpen} data-board={Boolean(props.board)}>
      <section className="stage" aria-label={t("talk.stage", { name: person.name })}>
        <div className="stage__field">
          <RemotePicture
            stream={props.remote}
            name={person.name}
            camera={seen}
            whole={remoteDevices.screen === true}
            frozen={props.frozen === true}
            {...(props.sink === undefined ? {} : { sink: props.sink })}
          />
          <header className="stage__who">
            <h1 tabIndex={-1}>{person.name}</h1>
            {person.title && <p>{person.title}</p>}
            {!remoteDevices.microphone && (
              <p className="stage__muted">
                <MicrophoneOffIcon />
                {t("talk.muted")}
              </p>
            )}
          </header>
          {status && <div className="stage__status">{status}</div>}
          <p className="stage__line" role="status" data-shown={Boolean(line)}>
            {line}
          </p>
          <div className="stage__captions">{captions}</div>
          {remoteDevices.screen && props.stopScreen && (
            <Button className="stage__stop" icon={ScreenOffIcon} onClick={props.stopScreen}>
              {t("talk.screen.stop")}
            </Button>
          )}
          <OwnPicture
            stream={props.own}
            name={props.ownName}
            camera={ownDevices.camera || ownDevices.screen === true}
            microphone={ownDevices.microphone}
            mirrored={ownDevices.screen !== true}
          />
        </div>
        {props.board && <div className="stage__board">{props.board}</div>}
        {props.party}
        <div className="stage__bar">{controls}</div>
      </section>
      {side && (
        <aside className="side undark" aria-label={props.sideLabel} hidden={!sideOpen}>
          {side}
        </aside>
      )}
    </div>
  );
}
