/** One's own picture: small, mirrored like a mirror, movable by pointer and by arrow keys. */
import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { MicrophoneOffIcon } from "../ui/icons";
import { cornerByKey, nearestCorner, type Corner } from "./corners";

interface Props {
  stream: MediaStream | null;
  name: string;
  camera: boolean;
  microphone: boolean;
  /** False while the screen is shown instead of the camera: text must stay readable. */
  mirrored?: boolean;
}

export function OwnPicture({ stream, name, camera, microphone, mirrored = true }: Props) {
  const [corner, setCorner] = useState<Corner>("bottom-right");
  const box = useRef<HTMLButtonElement>(null);
  const drag = useDrag(box, setCorner);
  return (
    <button
      ref={box}
      type="button"
      className={`own own--${corner}`}
      aria-label={t("talk.own.label")}
      onKeyDown={(event) => {
        const next = cornerByKey(corner, event.key);
        if (!next) return;
        event.preventDefault();
        setCorner(next);
      }}
      {...drag}
    >
      <OwnVideo stream={stream} shown={camera} mirrored={mirrored} />
      {!camera && <Avatar name={name} />}
      {!microphone && (
        <span className="own__muted">
          <MicrophoneOffIcon />
        </span>
      )}
    </button>
  );
}

/** The bare picture of oneself, without sound. */
export function OwnVideo({ stream, shown, mirrored }: { stream: MediaStream | null; shown: boolean; mirrored: boolean }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current && video.current.srcObject !== stream) video.current.srcObject = stream;
  }, [stream]);
  return (
    <video
      ref={video}
      data-testid="own-video"
      className={mirrored ? "mirrored" : undefined}
      hidden={!shown || !stream}
      autoPlay
      muted
      playsInline
    />
  );
}

function useDrag(box: RefObject<HTMLButtonElement | null>, settle: (corner: Corner) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const shift = (x: number, y: number) => {
    box.current?.style.setProperty("--shift-x", `${x}px`);
    box.current?.style.setProperty("--shift-y", `${y}px`);
  };
  const drop = () => {
    const element = box.current;
    const field = element?.parentElement?.getBoundingClientRect();
    if (!start.current || !element || !field) return;
    start.current = null;
    settle(nearestCorner(element.getBoundingClientRect(), field));
    element.removeAttribute("data-dragged");
    shift(0, 0);
  };
  return {
    onPointerDown(event: PointerEvent) {
      start.current = { x: event.clientX, y: event.clientY };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      if (!start.current) return;
      box.current?.setAttribute("data-dragged", "");
      shift(event.clientX - start.current.x, event.clientY - start.current.y);
    },
    onPointerUp: drop,
    onPointerCancel: drop,
  };
}
