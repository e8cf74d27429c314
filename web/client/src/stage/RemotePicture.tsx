/** The other person: picture and sound, initials where there is no picture. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { SpeakerIcon } from "../ui/icons";
import { isHeard, moveTo, playersOf } from "./players";

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

export function RemotePicture({ stream, name, camera, whole = false, frozen = false, sink }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [blocked, setBlocked] = useState(false);

  useLayoutEffect(() => {
    if (!stream) return;
    const players = playersOf(stream);
    if (place.current !== null) moveTo(place.current, players);
    let current = true;
    void isHeard(players).then((heard) => current && setBlocked(!heard));
    return () => {
      current = false;
      players.video.remove();
      players.audio.remove();
    };
  }, [stream]);

  useLayoutEffect(() => {
    if (!stream) return;
    const { video } = playersOf(stream);
    video.className = whole ? "stage__video stage__video--whole" : "stage__video";
    video.dataset["shown"] = String(camera);
    video.dataset["frozen"] = String(frozen);
  }, [stream, whole, camera, frozen]);

  useEffect(() => {
    // Not every browser can choose; then the system's loudspeaker stays.
    if (stream && sink !== undefined) void playersOf(stream).audio.setSinkId?.(sink).catch(() => undefined);
  }, [stream, sink]);

  const unblock = () => {
    if (stream) void isHeard(playersOf(stream)).then((heard) => setBlocked(!heard));
  };
  return (
    <>
      <div ref={place} className="stage__players" />
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
