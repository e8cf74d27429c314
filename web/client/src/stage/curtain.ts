/** The first picture of a talk, before its stage. What stands around a picture takes as long to draw
    as the picture takes to come, and drawn first it would hold the picture up: so it comes after. */
import { playersOf } from "./players";

/** On a machine that is slow, what is drawn too early makes it slower still. */
const CHANCE_MS = 500;

export interface Curtain {
  /** The picture was seen, or had its chance. */
  readonly over: Promise<void>;
  /** There will be no picture, or no talk. */
  end(): void;
}

/** Show whatever comes, from now on. `beside`: a panel will stand beside the stage. */
export function raise(stream: MediaStream, beside = false): Curtain {
  const { video, curtain } = playersOf(stream);
  curtain.dataset["beside"] = String(beside);
  curtain.dataset["raised"] = "";
  let end = () => {};
  const over = new Promise<void>((resolve) => (end = resolve));
  setTimeout(end, CHANCE_MS);
  // Not within the callback: what is drawn then would still hold this very picture up.
  video.requestVideoFrameCallback?.(() => setTimeout(end));
  // Drawn by then, the stage has taken the picture. Where another screen was drawn, it is to be seen.
  void over.then(() => setTimeout(() => delete curtain.dataset["raised"]));
  return { over, end };
}

/** The talk is over, or never came to its stage. */
export function drop(stream: MediaStream): void {
  playersOf(stream).curtain.remove();
}
