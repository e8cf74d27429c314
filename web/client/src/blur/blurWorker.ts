/** The thread in which every picture of the camera is drawn anew. It gets pictures and gives pictures;
 * its own policy lets it reach nobody (web/assets.py). It ends itself at the first thing that goes
 * wrong, because a picture that was not drawn anew must not get out. */
import { Pace } from "./pace";
import { Veil } from "./veil";

/** The model with the two ends of a stream of frames, or with neither: then pictures are sent for. */
export interface Begin {
  readonly model: ArrayBuffer;
  readonly readable?: ReadableStream<VideoFrame>;
  readonly writable?: WritableStream<VideoFrame>;
}
export interface Picture {
  readonly picture: ImageBitmap;
}
export type Said = { readonly drawn: ImageBitmap | null } | { readonly wanted: true } | { readonly failed: "slow" | "broken" };

let veil: Veil;
const pace = new Pace();

addEventListener("message", ({ data }: MessageEvent<Begin | Picture>) => {
  ("model" in data ? begin(data) : one(data)).catch(() => fail("broken"));
});

async function begin({ model, readable, writable }: Begin): Promise<void> {
  veil = new Veil(model);
  if (readable === undefined || writable === undefined) say({ wanted: true });
  else await through(readable.getReader(), writable.getWriter());
}

async function through(from: ReadableStreamDefaultReader<VideoFrame>, to: WritableStreamDefaultWriter<VideoFrame>): Promise<void> {
  for (;;) {
    const { value: frame } = await from.read();
    if (frame === undefined) return;
    try {
      if (!pace.due(performance.now())) continue;
      const canvas = timed(frame, frame.displayWidth, frame.displayHeight);
      // The writer closes what it is given.
      await to.write(new VideoFrame(canvas, { timestamp: frame.timestamp, alpha: "discard" }));
      say({ drawn: null });
    } finally {
      frame.close();
    }
  }
}

async function one({ picture }: Picture): Promise<void> {
  const canvas = timed(picture, picture.width, picture.height);
  picture.close();
  const drawn = canvas.transferToImageBitmap();
  say({ drawn }, [drawn]);
  setTimeout(() => say({ wanted: true }), pace.waitMs(performance.now()));
}

function timed(frame: VideoFrame | ImageBitmap, wide: number, high: number): OffscreenCanvas {
  const began = performance.now();
  const canvas = veil.draw(frame, wide, high);
  pace.drawn(began, performance.now());
  if (pace.tooSlow) fail("slow");
  return canvas;
}

function fail(failed: "slow" | "broken"): void {
  say({ failed });
  close();
}

function say(said: Said, transfer: Transferable[] = []): void {
  postMessage(said, { transfer });
}
