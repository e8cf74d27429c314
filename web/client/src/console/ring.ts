/**
 * How the console calls for attention when somebody waits: a pleasant two-tone, the page's title,
 * a notification without a name, a short vibration. It does not know who waits or why.
 */

export type Sound = "on" | "asleep" | "none";

/** Milliseconds until the next ring, after so many: a short call, then a patient reminder. */
export function pauseMs(rung: number): number {
  return rung < 3 ? 2_800 : 20_000;
}

/** Two soft bells, a falling third: noticed across a room, bearable at the fiftieth time. */
const notes = [
  { hertz: 783.99, at: 0 },
  { hertz: 622.25, at: 0.22 },
] as const;

export class Ring {
  readonly #makeContext: () => AudioContext | null;
  readonly #changed: () => void;
  #context: AudioContext | null | undefined;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #rung = 0;

  constructor(changed: () => void, makeContext: () => AudioContext | null = browserContext) {
    this.#changed = changed;
    this.#makeContext = makeContext;
  }

  /** Asleep: the browser wants one click or key press before a page may sound. */
  get sound(): Sound {
    const context = this.#audio();
    if (context === null) return "none";
    return context.state === "running" ? "on" : "asleep";
  }

  get ringing(): boolean {
    return this.#timer !== null;
  }

  /** Call from a click or a key press. */
  async wake(): Promise<void> {
    const context = this.#audio();
    if (context === null || context.state === "running") return;
    await context.resume();
    this.#changed();
  }

  /** One ring, so that the advisor knows what to listen for. */
  async sample(): Promise<void> {
    await this.wake();
    this.#chime();
  }

  start(): void {
    if (this.#timer !== null) return;
    this.#rung = 0;
    this.#again();
    vibrate();
  }

  /** Somebody new while it is already ringing: begin anew. */
  restart(): void {
    this.stop();
    this.start();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.stop();
    void this.#context?.close();
    this.#context = null;
  }

  #again(): void {
    this.#chime();
    this.#rung += 1;
    this.#timer = setTimeout(() => this.#again(), pauseMs(this.#rung));
  }

  #chime(): void {
    const context = this.#audio();
    if (context?.state !== "running") return;
    for (const note of notes) bell(context, note.hertz, context.currentTime + note.at);
  }

  #audio(): AudioContext | null {
    if (this.#context === undefined) {
      this.#context = this.#makeContext();
      this.#context?.addEventListener("statechange", this.#changed);
    }
    return this.#context;
  }
}

function bell(context: AudioContext, hertz: number, at: number): void {
  const volume = context.createGain();
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.16, at + 0.012);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 1.4);
  volume.connect(context.destination);
  for (const [overtone, share] of [
    [1, 1],
    [2, 0.22],
  ] as const) {
    const tone = context.createOscillator();
    const part = context.createGain();
    tone.frequency.value = hertz * overtone;
    part.gain.value = share;
    tone.connect(part).connect(volume);
    tone.start(at);
    tone.stop(at + 1.5);
  }
}

function vibrate(): void {
  // Browsers refuse it, with an entry in their log, on a page that nobody has touched yet.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([180, 90, 180]);
}

function browserContext(): AudioContext | null {
  return typeof AudioContext === "undefined" ? null : new AudioContext();
}
