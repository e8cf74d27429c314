/** Whether the other person has been seen, or had their chance to be. What stands around the picture
    is drawn after it: drawn with it, it would hold the first one up by a third of its time. */
import { useEffect, useState } from "react";
import { playersOf } from "./players";

/** On a machine that is slow, what is drawn too early makes it slower still. */
const CHANCE_MS = 500;

/** Whoever has said that they send no picture (not `expected`) is not waited for. */
export function useFirstPicture(stream: MediaStream | null, expected: boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const end = () => setOver(true);
    if (!expected) end();
    if (over || !expected) return;
    const timer = setTimeout(end, CHANCE_MS);
    const video = stream === null ? null : playersOf(stream).video;
    const frame = video?.requestVideoFrameCallback?.(end);
    return () => {
      clearTimeout(timer);
      if (frame !== undefined) video?.cancelVideoFrameCallback(frame);
    };
  }, [stream, over, expected]);
  return over;
}
