/** The picture of one camera with the room behind the person blurred: nothing before the first such
 * frame, nothing after anything went wrong. It does not know who wants it, or where it is sent. */
import type { Begin, Picture, Said } from "./blurWorker";

declare const BLUR_MODEL: string;

const LOOK_MS = 2_000;
/** So many looks in a row without a new picture, from a camera that runs: then none will come. */
const PATIENCE = 6;

/** Both ends of a track, in frames; not in every browser, and not in TypeScript's library. */
interface Streams {
  MediaStreamTrackProcessor?: new (of: { track: MediaStreamTrack; maxBufferSize: number }) => { readable: ReadableStream<VideoFrame> };
  MediaStreamTrackGenerator?: new (of: { kind: "video" }) => MediaStreamTrack & { writable: WritableStream<VideoFrame> };
}

export class Blur {
  #state: "starting" | "on" | "over" = "starting";
  #made: MediaStreamTrack | null = null;
  #worker: Worker | null = null;
  #source: { readonly readable: ReadableStream<VideoFrame> } | null = null;
  readonly #camera: MediaStreamTrack;
  readonly #changed: (failed: boolean) => void;
  #give: (picture: ImageBitmap) => void = (picture) => picture.close();
  #take: (() => Promise<ImageBitmap>) | null = null;
  #quiet = 0;
  readonly #looking: ReturnType<typeof setInterval>;

  /** Looks through the camera by itself: for everybody else it may be black. `changed` is told of the first blurred frame, or that there will be none (any more). */
  constructor(camera: MediaStreamTrack, changed: (failed: boolean) => void) {
    this.#camera = camera.clone();
    this.#camera.enabled = true;
    this.#changed = changed;
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    this.#begin().catch(() => this.#fail());
  }

  /** Null until the first blurred frame, and when there are no more. */
  get track(): MediaStreamTrack | null {
    return this.#state === "on" ? this.#made : null;
  }

  /** The camera goes on where others still have it. */
  stop(): void {
    this.#state = "over";
    clearInterval(this.#looking);
    this.#worker?.terminate();
    this.#made?.stop();
    this.#camera.stop();
  }

  async #begin(): Promise<void> {
    const answer = await fetch(BLUR_MODEL);
    if (!answer.ok) throw new Error("no model");
    const model = await answer.arrayBuffer();
    if (this.#state === "over") return;
    const worker = new Worker(new URL("./blurWorker.ts", import.meta.url), { type: "module" });
    this.#worker = worker;
    worker.addEventListener("error", () => this.#fail());
    worker.addEventListener("message", ({ data }: MessageEvent<Said>) => this.#hear(data));
    const { MediaStreamTrackProcessor: Processor, MediaStreamTrackGenerator: Generator } = globalThis as Streams;
    if (Processor === undefined || Generator === undefined) {
      await this.#drawHere();
      return this.#tell({ model });
    }
    const made = new Generator({ kind: "video" });
    this.#made = made;
    // Held: one that is collected gives no more frames.
    this.#source = new Processor({ track: this.#camera, maxBufferSize: 1 });
    const { readable } = this.#source;
    return this.#tell({ model, readable, writable: made.writable }, [readable, made.writable]);
  }

  /** Where a browser gives no frames of a track: those of an element that plays it, and a canvas. */
  async #drawHere(): Promise<void> {
    const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    video.srcObject = new MediaStream([this.#camera]);
    await video.play();
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas");
    this.#take = () => createImageBitmap(video);
    this.#give = (picture) => {
      const { width, height } = picture;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      context.drawImage(picture, 0, 0);
      picture.close();
      this.#made ??= canvas.captureStream().getVideoTracks()[0] ?? null;
    };
  }

  #hear(said: Said): void {
    if (this.#state === "over") return;
    if ("failed" in said) return this.#fail();
    if ("wanted" in said) return void this.#next().catch(() => this.#fail());
    this.#quiet = 0;
    if (said.drawn !== null) this.#give(said.drawn);
    if (this.#state === "on") return;
    this.#state = "on";
    this.#changed(false);
  }

  async #next(): Promise<void> {
    const picture = await this.#take?.();
    if (picture !== undefined && this.#state !== "over") this.#tell({ picture }, [picture]);
  }

  #tell(what: Begin | Picture, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(what, transfer);
  }

  #look(): void {
    // A camera behind a shut lid, or a page that nobody sees, gives nothing to draw.
    const runs = this.#camera.readyState === "live" && !this.#camera.muted && !document.hidden;
    this.#quiet = runs ? this.#quiet + 1 : 0;
    if (this.#quiet > PATIENCE) this.#fail();
  }

  #fail(): void {
    if (this.#state === "over") return;
    this.stop();
    this.#changed(true);
  }
}
