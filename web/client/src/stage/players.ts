/** The elements that play the other side. Made with the call and long before its stage, so that
    the first frame finds everything ready: an element that is new by then costs a tenth of a
    second. Two of them, because a video element whose stream has a picture track without frames
    plays no sound either. */

export interface Players {
  video: HTMLVideoElement;
  audio: HTMLAudioElement;
  /** Where the picture is before its stage is: laid out over the whole page, and not to be seen. */
  curtain: HTMLElement;
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
  const curtain = document.createElement("div");
  curtain.className = "curtain";
  curtain.ariaHidden = "true";
  curtain.append(video);
  document.body.append(curtain);
  return { video, audio, curtain, ready: give(stream, [video, audio]) };
}

/** Put the picture there, going on: where a browser cannot move it so, it has to begin again. */
export function moveTo(place: HTMLElement, { video, audio, curtain, ready }: Players): void {
  place.append(audio);
  if (video.isConnected && "moveBefore" in place) {
    (place as HTMLElement & { moveBefore(node: Node, child: null): void }).moveBefore(video, null);
  } else place.append(video);
  curtain.remove();
  // Whoever leaves the page is paused by the browser; on coming back it goes on.
  void ready.then(() => video.play()).catch(() => undefined);
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
