/** The elements that play the other side. Made with the call and long before its stage, so that
    the first frame finds everything ready: an element that is new by then costs a tenth of a
    second. Two of them, because a video element whose stream has a picture track without frames
    plays no sound either. */

export interface Players {
  video: HTMLVideoElement;
  audio: HTMLAudioElement;
  /** They have their stream. */
  ready: Promise<void>;
}

const known = new WeakMap<MediaStream, Players>();

/** The same two elements for the same stream, wherever they stand. */
export function playersOf(stream: MediaStream): Players {
  const players = known.get(stream) ?? make(stream);
  known.set(stream, players);
  return players;
}

function make(stream: MediaStream): Players {
  const video = document.createElement("video");
  video.dataset["testid"] = "remote-video";
  video.muted = true;
  video.playsInline = true;
  const audio = document.createElement("audio");
  return { video, audio, ready: give(stream, [video, audio]) };
}

/** A stream without frames would hold back the page's load event, and the browser would show a
    page that never stops loading: they get it after. */
async function give(stream: MediaStream, elements: readonly HTMLMediaElement[]): Promise<void> {
  if (document.readyState !== "complete") {
    await new Promise((loaded) => window.addEventListener("load", loaded, { once: true }));
  }
  for (const element of elements) {
    element.autoplay = true;
    element.srcObject = stream;
    // Without a place in the page it begins only when told to.
    if (element instanceof HTMLVideoElement) void element.play().catch(() => undefined);
  }
}

/** Whether the browser lets the sound be heard without being asked by the person. */
export async function isHeard({ audio, ready }: Players): Promise<boolean> {
  await ready;
  try {
    await audio.play();
    return true;
  } catch (error) {
    return !(error instanceof DOMException) || error.name !== "NotAllowedError";
  }
}
