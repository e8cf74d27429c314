/** Whether the other person has been seen, or had their chance to be. What stands around the picture
    is drawn after it: drawn with it, it would hold the first one up by a third of its time. */
import { useEffect, useState } from "react";
import { playersOf } from "./players";

/** Whoever sends no picture is not waited for. */
const CHANCE_MS = 150;

export function useFirstPicture(stream: MediaStream | null): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (over) return;
    const end = () => setOver(true);
    const timer = setTimeout(end, CHANCE_MS);
    const video = stream === null ? null : playersOf(stream).video;
    const frame = video?.requestVideoFrameCallback?.(end);
    return () => {
      clearTimeout(timer);
      if (frame !== undefined) video?.cancelVideoFrameCallback(frame);
    };
  }, [stream, over]);
  return over;
}
