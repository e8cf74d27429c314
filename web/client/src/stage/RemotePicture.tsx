/** The other person: picture and sound in one element, initials where there is no picture. */
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
  /** Loudspeaker to use, if the browser can choose one. */
  sink?: string;
}

export function RemotePicture({ stream, name, camera, whole, sink }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [blocked, setBlocked] = useState(false);

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    if (!stream) return;
    let current = true;
    void begin(element).then((loud) => current && setBlocked(!loud));
    return () => {
      current = false;
    };
  }, [stream]);

  useEffect(() => {
    // Not every browser can choose; then the system's loudspeaker stays.
    if (sink !== undefined) void video.current?.setSinkId?.(sink).catch(() => undefined);
  }, [sink]);

  const unblock = () => {
    const element = video.current;
    if (!element) return;
    element.muted = false;
    void element.play().then(() => setBlocked(false));
  };
  return (
    <>
      <video
        ref={video}
        data-testid="remote-video"
        className={whole ? "stage__video stage__video--whole" : "stage__video"}
        data-shown={camera}
        autoPlay
        playsInline
      />
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

/** Play with sound, or else at least the picture. True if with sound. */
async function begin(element: HTMLVideoElement): Promise<boolean> {
  element.muted = false;
  try {
    await element.play();
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return true;
    element.muted = true;
    await element.play().catch(() => undefined);
    return false;
  }
  return true;
}
