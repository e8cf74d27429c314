/** What is behind this person: shown as it is or blurred, as they wish, whichever camera there is.
 * Fetched once there is one. Devices (media/devices.ts) hands on what this leaves to be seen. */
import { createElement, type ReactNode } from "react";
import { put } from "../call/memory";
import type { Devices } from "../media/devices";
import { BackgroundChoice } from "./BackgroundChoice";
import { Blur } from "./blur";

type Owner = Pick<Devices, "blurred" | "problem" | "wanted" | "cover" | "uncovered" | "setCamera">;

export class Background {
  readonly #devices: Owner;
  #camera: MediaStreamTrack | null = null;
  #blur: Blur | null = null;

  constructor(devices: Owner) {
    this.#devices = devices;
  }

  /** Starting until there is a blurred picture; until then there is none. */
  get state(): "off" | "starting" | "on" | "failed" {
    if (!this.#devices.blurred) return "off";
    if (this.#devices.problem.camera === "blur") return "failed";
    return this.track === null ? "starting" : "on";
  }

  /** The blurred picture, if there is one. */
  get track(): MediaStreamTrack | null {
    return this.#blur?.track ?? null;
  }

  /** From this very moment on, no open picture is shown or sent. */
  readonly set = (on: boolean): void => {
    const { problem, wanted } = this.#devices;
    this.#devices.blurred = on;
    put({ blur: on });
    // It was let go of when this failed.
    if (problem.camera === "blur" && wanted.camera) void this.#devices.setCamera(true);
    else this.#devices.cover();
  };

  /** The camera whose picture is to be blurred from now on, or none. */
  over(camera: MediaStreamTrack | null): void {
    if (camera === this.#camera) return;
    this.#camera = camera;
    this.#blur?.stop();
    const changed = (failed: boolean) => (failed ? this.#devices.uncovered() : this.#devices.cover());
    this.#blur = camera && new Blur(camera, changed);
  }

  choice(): ReactNode {
    return createElement(BackgroundChoice, { state: this.state, set: this.set });
  }
}
