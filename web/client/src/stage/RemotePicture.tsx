/** The other person: picture and sound, initials where there is no picture. Two elements, because a
    video element whose stream has a video track without frames plays no sound either. */
import { useEffect, useRef, useState } from "react";
import { t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { SpeakerIcon } from "../ui/icons";

interface Props {
  stream: MediaStream | null;
  name: string;
  camera: boolean;
  /** The whole picture matters (a shared screen), nothing may be cut off. */
  whole?: boolean;
  /** Nothing new is coming: what is seen is old. */
  frozen?: boolean;
  /** Loudspeaker to use, if the browser can choose one. */
  sink?: string;
}

export function RemotePicture({ stream, name, camera, whole, frozen = false, sink }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const audio = useRef<HTMLAudioElement>(null);
  const [blocked, setBlocked] = useState(false);

  useEffect(() => {
    for (const element of [video.current, audio.current]) {
      if (element && element.srcObject !== stream) element.srcObject = stream;
    }
    if (!stream || !audio.current) return;
    let current = true;
    void isHeard(audio.current).then((heard) => current && setBlocked(!heard));
    return () => {
      current = false;
    };
  }, [stream]);

  useEffect(() => {
    // Not every browser can choose; then the system's loudspeaker stays.
    if (sink !== undefined) void audio.current?.setSinkId?.(sink).catch(() => undefined);
  }, [sink]);

  const unblock = () => void audio.current?.play().then(() => setBlocked(false));
  return (
    <>
      <video
        ref={video}
        data-testid="remote-video"
        className={whole ? "stage__video stage__video--whole" : "stage__video"}
        data-shown={camera}
        data-frozen={frozen}
        autoPlay
        muted
        playsInline
      />
      <audio ref={audio} autoPlay />
      {!camera && (
        <div className="stage__faceless">
          <Avatar name={name} size="large" />
          <span>{t("talk.no-camera", { name })}</span>
        </div>
      )}
      {blocked && (
        <div className="stage__cover">
          <Button look="primary" large icon={SpeakerIcon} onClick={unblock}>
            {t("talk.unblock")}
          </Button>
        </div>
      )}
    </>
  );
}

/** Whether the browser lets it play without being asked by the person. */
async function isHeard(element: HTMLAudioElement): Promise<boolean> {
  try {
    await element.play();
    return true;
  } catch (error) {
    return !(error instanceof DOMException) || error.name !== "NotAllowedError";
  }
}
