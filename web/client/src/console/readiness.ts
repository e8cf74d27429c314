/**
 * Camera and microphone through a whole shift: prepared once, after our own words, and the same for
 * every talk. What was chosen survives a reload with the history entry; nothing is stored for it.
 */
import { devicesView } from "../call/equipment";
import { keep, kept, type Kept } from "../call/memory";
import type { DeviceName, DevicesView } from "../call/view";
import { permission, type Devices } from "../media/devices";
import { Cell } from "./cell";

export type Phase = "off" | "asking" | "ready" | "denied" | "missing" | "busy" | "blur";

export interface Readiness {
  readonly phase: Phase;
  /** One's own picture: the camera, or the screen that is shared. */
  readonly stream: MediaStream | null;
  /** Captured and, in a talk, sent. */
  readonly camera: boolean;
  readonly microphone: boolean;
  readonly screen: boolean;
  readonly choices: Pick<DevicesView, "choices" | "chosen" | "microphone" | "background">;
  /** There is none, it is taken or it was refused, while the other one works. */
  readonly cameraFails: boolean;
  readonly microphoneFails: boolean;
}

export class ShiftDevices {
  readonly state: Cell<Readiness>;
  readonly devices: Devices;
  #asking = false;
  /** Something was chosen, if only to be off: nothing is turned on unasked any more. */
  #decided = false;
  /** On because somebody waits, not because this was pressed. */
  #byItself = false;
  #stopped = false;

  constructor(devices: Devices) {
    this.devices = devices;
    this.state = new Cell(this.#read());
    devices.on("change", () => this.#changed());
    devices.on("track", () => this.#changed());
  }

  readonly level = (): number => this.devices.level();
  readonly choose = (device: DeviceName, id: string): void => void this.devices.use(device, id);
  readonly testSpeaker = (): void => void this.devices.testTone();

  get decided(): boolean {
    return this.#decided;
  }

  /** Brings up the browser's question: only after a press beside our own words. */
  async prepare(choice: Kept = { camera: true, microphone: true }): Promise<void> {
    const there = this.#byItself && this.state.get().phase === "ready";
    this.#decide();
    if (there) this.#changed();
    else await this.#ask(choice);
  }

  /** Somebody waits: ready before the answer, where the browser need not ask and nothing was chosen
   * yet. Nothing of it is sent before the accept. */
  async warm(): Promise<void> {
    if (this.#decided || this.#byItself) return;
    this.#byItself = true;
    if ((await allowed({ camera: true, microphone: true }, "prompt")) && this.#byItself) {
      await this.#ask({ camera: true, microphone: true });
    }
  }

  /** Nobody waits any more: what went on by itself goes off by itself. */
  rest(): void {
    if (!this.#byItself) return;
    this.#byItself = false;
    void this.devices.release();
  }

  /** After a reload: as it was before, where the browser need not ask again. */
  async resume(): Promise<void> {
    const choice = kept();
    if (choice === null || this.#decided) return;
    if (!choice.camera && !choice.microphone) this.#decided = true;
    else if (await allowed(choice)) await this.prepare(choice);
  }

  setCamera(on: boolean): Promise<void> {
    this.#decide();
    return this.devices.setCamera(on);
  }

  setMicrophone(on: boolean): Promise<void> {
    this.#decide();
    return this.devices.setMicrophone(on);
  }

  /** Instead of the camera; the browser asks which screen or window. */
  toggleScreen(): Promise<void> {
    return this.devices.screen === null ? this.devices.shareScreen() : this.devices.stopScreen();
  }

  /** A talk is over: nobody's screen is captured for the next one. */
  endSharing(): void {
    if (this.devices.screen !== null) void this.devices.stopScreen();
  }

  /** Let go of everything; what was chosen stays chosen. */
  stop(): void {
    this.#stopped = true;
    this.devices.close();
  }

  async #ask(choice: Kept): Promise<void> {
    this.#asking = true;
    this.state.set(this.#read());
    await this.devices.ask(choice);
    this.#asking = false;
    this.#changed();
  }

  #decide(): void {
    this.#decided = true;
    this.#byItself = false;
  }

  #changed(): void {
    const next = this.#read();
    this.state.set(next);
    if (this.#decided && !this.#asking && !this.#stopped) keep({ camera: next.camera, microphone: next.microphone });
  }

  #read(): Readiness {
    const { problem } = this.devices;
    const view = devicesView(this.devices, { asked: this.#decided, asking: this.#asking });
    const { camera, microphone, screen, own: stream } = view;
    return {
      phase: this.#phase(camera || microphone),
      stream,
      camera,
      microphone,
      screen,
      choices: view,
      cameraFails: problem.camera !== null,
      microphoneFails: problem.microphone !== null,
    };
  }

  #phase(on: boolean): Phase {
    if (this.#asking) return "asking";
    if (on) return "ready";
    const problem = this.devices.problem.microphone ?? this.devices.problem.camera;
    if (problem === null) return "off";
    return problem === "insecure" ? "missing" : problem;
  }
}

/** Whether the browser will answer by itself; `untold` is taken for one that does not tell. */
async function allowed({ camera, microphone }: Kept, untold: PermissionState = "granted"): Promise<boolean> {
  const sources = [...(camera ? ["camera" as const] : []), ...(microphone ? ["microphone" as const] : [])];
  const states = await Promise.all(sources.map(permission));
  return states.every((state) => (state ?? untold) === "granted");
}
