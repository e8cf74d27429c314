/**
 * Camera and microphone through a whole shift: prepared once, after our own words, and the same for
 * every talk. What was chosen survives a reload with the history entry; nothing is stored for it.
 */
import type { Devices } from "../media/devices";
import { Cell } from "./cell";

export type Phase = "off" | "asking" | "ready" | "denied" | "missing" | "busy";

export interface Readiness {
  readonly phase: Phase;
  readonly stream: MediaStream;
  /** Captured and, in a talk, sent. */
  readonly camera: boolean;
  readonly microphone: boolean;
  /** There is none, it is taken or it was refused, while the other one works. */
  readonly cameraFails: boolean;
  readonly microphoneFails: boolean;
}

interface Choice {
  readonly camera: boolean;
  readonly microphone: boolean;
}

export class ShiftDevices {
  readonly state: Cell<Readiness>;
  readonly devices: Devices;
  #asking = false;
  /** Something was chosen, if only to be off: nothing is turned on unasked any more. */
  #decided = false;

  constructor(devices: Devices) {
    this.devices = devices;
    this.state = new Cell(this.#read());
    devices.on("change", () => this.#changed());
    devices.on("track", () => this.#changed());
  }

  readonly level = (): number => this.devices.level();

  get decided(): boolean {
    return this.#decided;
  }

  /** Brings up the browser's question: only after a press beside our own words. */
  async prepare(choice: Choice = { camera: true, microphone: true }): Promise<void> {
    this.#decided = true;
    this.#asking = true;
    this.state.set(this.#read());
    await this.devices.ask(choice);
    this.#asking = false;
    this.#changed();
  }

  /** After a reload: as it was before, where the browser need not ask again. */
  async resume(): Promise<void> {
    const choice = remembered();
    if (choice === null || this.#decided) return;
    if (!choice.camera && !choice.microphone) this.#decided = true;
    else if (await allowed(choice)) await this.prepare(choice);
  }

  setCamera(on: boolean): Promise<void> {
    return this.devices.setCamera(on);
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.devices.setMicrophone(on);
  }

  stop(): void {
    this.devices.close();
  }

  #changed(): void {
    const next = this.#read();
    this.state.set(next);
    if (this.#decided && !this.#asking) remember({ camera: next.camera, microphone: next.microphone });
  }

  #read(): Readiness {
    const { cameraOn: camera, microphoneOn: microphone, stream, problem } = this.devices;
    return {
      phase: this.#phase(camera || microphone),
      stream,
      camera,
      microphone,
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

function remembered(): Choice | null {
  const { devices } = (history.state ?? {}) as { devices?: Choice };
  return devices ?? null;
}

function remember(devices: Choice): void {
  history.replaceState({ ...history.state, devices }, "");
}

/** Whether the browser will answer by itself. One that does not tell is asked as before. */
async function allowed({ camera, microphone }: Choice): Promise<boolean> {
  const names = [camera ? "camera" : null, microphone ? "microphone" : null].filter((name) => name !== null);
  const states = await Promise.all(
    names.map((name) =>
      navigator.permissions.query({ name: name as PermissionName }).then(
        (status) => status.state,
        () => "granted",
      ),
    ),
  );
  return states.every((state) => state === "granted");
}
