/** This person's camera, microphone and loudspeaker. Ask for consent in our words before `ask`:
 * it brings up the browser's own question. It does not know who sees or hears what it captures. */
import type { Background } from "../blur/background";
import { Listeners } from "../signaling/listeners";
import type { Mix } from "./mix";

export type Source = "camera" | "microphone";
export type DeviceProblem = "denied" | "missing" | "busy" | "insecure" | "blur";
export type DeviceList = Record<Source | "speaker", readonly MediaDeviceInfo[]>;

interface DeviceEvents {
  [name: string]: unknown[];
  /** Something that a page shows is different now. */
  change: [];
  /** What is to be sent is another track now, or none. */
  track: [source: Source, track: MediaStreamTrack | null];
}

/** Until then the page has what it needs to be used; what may be wished comes after. */
const SETTLED_MS = 1_000;
const VIDEO = { width: { ideal: 640, max: 1280 }, height: { ideal: 480, max: 720 }, frameRate: { ideal: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

export class Devices {
  /** What is captured right now, for one's own picture. */
  readonly stream = new MediaStream();
  readonly problem: Record<Source, DeviceProblem | null> = { camera: null, microphone: null };
  /** What this person wants; whether it is possible is said by `problem`. */
  readonly wanted: Record<Source, boolean> = { camera: false, microphone: false };
  readonly chosen: Partial<Record<Source | "speaker", string>> = {};
  /** Whether the camera's picture is shown and sent with a blurred background, and else not at all. */
  blurred: boolean;
  /** Does that; comes once there is a camera. */
  background: Background | null = null;
  list: DeviceList = { camera: [], microphone: [], speaker: [] };
  readonly #tracks: Record<Source, MediaStreamTrack | null> = { camera: null, microphone: null };
  #screen: MediaStreamTrack | null = null;
  /** While the screen that is shown can be heard. */
  #mix: Mix | null = null;
  readonly #listeners = new Listeners<DeviceEvents>();
  #turn: Promise<void> = Promise.resolve();
  #meter: { context: AudioContext; analyser: AnalyserNode; source: MediaStreamAudioSourceNode } | null = null;
  #closed = false;

  readonly #settledMs: number;

  constructor(blurred = false, settledMs = SETTLED_MS) {
    this.blurred = blurred;
    this.#settledMs = settledMs;
    navigator.mediaDevices?.addEventListener("devicechange", this.#deviceChange);
  }

  get camera(): MediaStreamTrack | null {
    return this.#tracks.camera;
  }

  get microphone(): MediaStreamTrack | null {
    return this.#tracks.microphone;
  }

  get cameraOn(): boolean {
    return this.wanted.camera && this.#tracks.camera !== null;
  }

  get microphoneOn(): boolean {
    return this.wanted.microphone && this.#tracks.microphone !== null;
  }

  /** The screen that is shown in place of the camera. */
  get screen(): MediaStreamTrack | null {
    return this.#screen;
  }

  /** What others may get: nothing of what is switched off. */
  outgoing(source: Source): MediaStreamTrack | null {
    if (source === "camera" && this.#screen !== null) return this.#screen;
    const track = source === "camera" ? this.#seen : this.microphone;
    const open = this.wanted[source] ? track : null;
    return source === "microphone" && this.#mix !== null ? this.#mix.with(open) : open;
  }

  on<Name extends keyof DeviceEvents & string>(
    name: Name,
    heard: (...facts: DeviceEvents[Name]) => void,
  ): () => void {
    return this.#listeners.on(name, heard);
  }

  /** Bring up the browser's question. What is refused or missing is in `problem` afterwards. */
  ask(want: { camera: boolean; microphone: boolean }): Promise<void> {
    return this.#next(async () => {
      const sources = (["camera", "microphone"] as const).filter((source) => want[source]);
      for (const source of sources) this.wanted[source] = true;
      await this.#acquire(sources.filter((source) => this.#tracks[source] === null));
      await this.refresh();
    });
  }

  /** Off stops the camera itself, so that its light goes out. */
  setCamera(on: boolean): Promise<void> {
    return this.#next(async () => {
      this.wanted.camera = on;
      if (on && this.camera === null) await this.#acquire(["camera"]);
      if (!on) this.#put("camera", null);
      this.#changed();
    });
  }

  /** The camera, or `blurred`, or what was made of both is another: nothing open goes on. */
  cover(): void {
    const { camera } = this;
    // Black at once, wherever it still is on its way.
    if (camera !== null) camera.enabled = !this.blurred;
    this.background?.over(this.blurred ? camera : null);
    for (const track of this.stream.getVideoTracks()) {
      if (track !== this.#seen) this.stream.removeTrack(track);
    }
    if (this.#seen !== null) this.stream.addTrack(this.#seen);
    this.#listeners.tell("track", "camera", this.outgoing("camera"));
    if (camera !== null && this.background === null) void this.#bring();
  }

  /** There is no blurred picture to be had: then there is none. */
  uncovered(): void {
    this.#fail("camera", "blur");
  }

  /** Off sends nothing any more; the microphone stays ready, so that on is at once. */
  setMicrophone(on: boolean): Promise<void> {
    return this.#next(async () => {
      this.wanted.microphone = on;
      if (on && this.microphone === null) await this.#acquire(["microphone"]);
      else if (this.microphone !== null) {
        this.microphone.enabled = on;
        this.#listeners.tell("track", "microphone", this.outgoing("microphone"));
      }
      this.#changed();
    });
  }

  /** Show the screen instead of the camera; the browser asks which. Whoever declines shows nothing,
      and nothing is shown before `agreed`. */
  shareScreen(agreed?: Promise<unknown>): Promise<void> {
    const refused = agreed?.then(() => false, () => true);
    return this.#next(async () => {
      // Whoever also hears what they see is asked by the browser, where it can.
      const shared = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true }).catch(() => null);
      const [track] = shared?.getVideoTracks() ?? [];
      const [sound] = shared?.getAudioTracks() ?? [];
      if (track === undefined) return;
      // Letters matter more than motion.
      track.contentHint = "detail";
      track.addEventListener("ended", () => void this.stopScreen());
      if ((await refused) || this.#closed) {
        track.stop();
        sound?.stop();
        return;
      }
      this.#show(track);
      if (sound !== undefined) await this.#hear(track, sound);
    });
  }

  stopScreen(): Promise<void> {
    return this.#next(async () => this.#show(null));
  }

  /** Use another device from now on. One that does not come leaves the present one as it is. */
  use(which: Source | "speaker", deviceId: string): Promise<void> {
    return this.#next(async () => {
      const before = this.chosen[which];
      this.chosen[which] = deviceId;
      if (which !== "speaker" && this.wanted[which]) {
        const kept = this.#tracks[which];
        await this.#acquire([which], kept !== null);
        if (kept !== null && kept === this.#tracks[which] && before !== undefined) this.chosen[which] = before;
      }
      this.#changed();
    });
  }

  /** Look again which devices there are. Names are only told once access was given. */
  async refresh(): Promise<void> {
    const found = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind: MediaDeviceKind) => found.filter((device) => device.kind === kind && device.deviceId !== "");
    this.list = { camera: of("videoinput"), microphone: of("audioinput"), speaker: of("audiooutput") };
    this.#changed();
  }

  /** How loud the microphone is right now, 0 to 1. */
  level(): number {
    if (!this.microphoneOn || this.microphone === null) return 0;
    this.#meter ??= meterOf(this.microphone);
    if (this.#meter.context.state === "suspended") void this.#meter.context.resume().catch(() => undefined);
    const samples = new Float32Array(this.#meter.analyser.fftSize);
    this.#meter.analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // Speech spans about 50 dB; below that is the room.
    return Math.min(1, Math.max(0, 1 + Math.log10(Math.max(power, 1e-9)) / 5));
  }

  /** Two soft notes on the chosen loudspeaker; resolves when they are over. */
  async testTone(): Promise<void> {
    const context = new AudioContext();
    const speaker = this.chosen.speaker;
    if (speaker !== undefined && "setSinkId" in context) {
      await (context.setSinkId as (id: string) => Promise<void>)(speaker).catch(() => undefined);
    }
    await context.resume().catch(() => undefined);
    await Promise.race([playNotes(context), new Promise((late) => setTimeout(late, 3_000))]);
    await context.close();
  }

  /** Let go of camera and microphone, or of one of them; they may be asked for again. */
  release(sources: readonly Source[] = ["camera", "microphone"]): Promise<void> {
    return this.#next(async () => {
      for (const source of sources) {
        this.wanted[source] = false;
        this.#put(source, null);
      }
      this.#changed();
    });
  }

  /** As they are, for another call: who heard of them till now does no more. */
  handOn(): this {
    this.#listeners.clear();
    return this;
  }

  /** Let go of every device. */
  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener("devicechange", this.#deviceChange);
    this.#show(null);
    this.#put("camera", null);
    this.#put("microphone", null);
  }

  // -- one after the other: a fast finger on a switch must not leave a camera on

  #next(job: () => Promise<void>): Promise<void> {
    const before = this.#turn;
    const after = async () => {
      await before;
      if (!this.#closed) await job();
    };
    const done = after();
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #acquire(sources: readonly Source[], keep = false): Promise<void> {
    if (sources.length === 0) return;
    if (navigator.mediaDevices === undefined) {
      for (const source of sources) this.problem[source] = "insecure";
      return;
    }
    try {
      this.#take(await navigator.mediaDevices.getUserMedia(this.#constraints(sources)));
    } catch (error) {
      const problem = problemOf(error);
      const [first] = sources;
      if (keep) return;
      if (sources.length === 1 && first !== undefined) this.#fail(first, problem);
      else await this.#acquireEach(sources, problem);
    }
  }

  /** Not both: one may still be had. Who said no is not asked a second time. */
  async #acquireEach(sources: readonly Source[], problem: DeviceProblem): Promise<void> {
    for (const source of sources) {
      if (problem === "denied" && (await permission(source)) !== "granted") this.#fail(source, problem);
      else await this.#acquire([source]);
    }
  }

  #constraints(sources: readonly Source[]): MediaStreamConstraints {
    const exact = (source: Source) => {
      const deviceId = this.chosen[source];
      return deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
    };
    return {
      ...(sources.includes("camera") ? { video: { ...VIDEO, ...exact("camera") } } : {}),
      ...(sources.includes("microphone") ? { audio: { ...AUDIO, ...exact("microphone") } } : {}),
    };
  }

  #take(stream: MediaStream): void {
    for (const track of stream.getTracks()) {
      const source = track.kind === "video" ? "camera" : "microphone";
      this.problem[source] = null;
      const { deviceId } = track.getSettings();
      if (deviceId !== undefined) this.chosen[source] = deviceId;
      track.addEventListener("ended", () => {
        if (this.#tracks[source] !== track) return;
        this.#fail(source, "missing");
        this.#changed();
      });
      this.#put(source, this.#closed ? null : track);
      if (this.#closed) track.stop();
    }
  }

  #fail(source: Source, problem: DeviceProblem): void {
    this.problem[source] = problem;
    this.#put(source, null);
  }

  #put(source: Source, track: MediaStreamTrack | null): void {
    const old = this.#tracks[source];
    if (old === track) return;
    this.#tracks[source] = track;
    if (source === "camera") this.cover();
    else {
      if (track !== null) {
        this.stream.addTrack(track);
        track.enabled = this.wanted[source];
      }
      this.#listeners.tell("track", source, this.outgoing(source));
    }
    // Whoever sent the old one has replaced it by now.
    if (old !== null) {
      this.stream.removeTrack(old);
      old.stop();
    }
    if (source === "microphone" && this.#meter !== null) {
      void this.#meter.context.close().catch(() => undefined);
      this.#meter = null;
    }
  }

  async #bring(): Promise<void> {
    try {
      if (!this.blurred) await new Promise((later) => setTimeout(later, this.#settledMs));
      const { Background } = await import("../blur/background");
      this.background ??= new Background(this);
      this.cover();
    } catch {
      if (this.blurred) this.uncovered();
    }
  }

  /** What may be seen of the camera. */
  get #seen(): MediaStreamTrack | null {
    return this.blurred ? (this.background?.track ?? null) : this.camera;
  }

  async #hear(screen: MediaStreamTrack, sound: MediaStreamTrack): Promise<void> {
    const code = await import("./mix").catch(() => null);
    if (code === null || this.#screen !== screen) return sound.stop();
    this.#mix = new code.Mix(sound);
    this.#listeners.tell("track", "microphone", this.outgoing("microphone"));
  }

  #show(screen: MediaStreamTrack | null): void {
    const old = this.#screen;
    if (old === screen) return;
    this.#screen = screen;
    this.#listeners.tell("track", "camera", this.outgoing("camera"));
    const mix = this.#mix;
    this.#mix = null;
    if (mix !== null) {
      this.#listeners.tell("track", "microphone", this.outgoing("microphone"));
      mix.close();
    }
    old?.stop();
    this.#changed();
  }

  readonly #deviceChange = (): void => {
    void this.#next(async () => {
      await this.refresh();
      const back = (["camera", "microphone"] as const).filter(
        (source) => this.wanted[source] && this.problem[source] === "missing" && this.list[source].length > 0,
      );
      for (const source of back) delete this.chosen[source];
      await this.#acquire(back);
      this.#changed();
    });
  };

  #changed(): void {
    this.#listeners.tell("change");
  }
}

function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof DOMException || error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "SecurityError" || name === "TypeError") return "insecure";
  return "busy";
}

/** What the browser would answer; null from one that does not tell. */
export async function permission(source: Source): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: source as PermissionName })).state;
  } catch {
    return null; // not every browser tells
  }
}

function meterOf(track: MediaStreamTrack) {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  return { context, analyser, source };
}

function playNotes(context: AudioContext): Promise<void> {
  return new Promise((over) => {
    const start = context.currentTime + 0.05;
    for (const [index, hertz] of [523.25, 659.25].entries()) {
      const [tone, gain] = [context.createOscillator(), context.createGain()];
      const from = start + index * 0.35;
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(0.2, from + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, from + 0.6);
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + 0.6);
      if (index === 1) tone.addEventListener("ended", () => over());
    }
  });
}
