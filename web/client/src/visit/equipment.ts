/** Camera and microphone of a guest: chosen while they wait, agreed to in the log before anything is sent. */
import { ConsentLedger } from "../call/ledger";
import { devicesView } from "../call/equipment";
import { keep, kept, keptBlur } from "../call/memory";
import type { DeviceActions, DeviceName, DevicesView, Purpose } from "../call/view";
import { Devices, type Source } from "../media/devices";
import type { Opened } from "../sessions/opened";
import type { Relay } from "../signaling/relay";

const SOURCES = ["camera", "microphone"] as const;

export class Equipment implements DeviceActions {
  readonly devices = new Devices(keptBlur());
  /** What this person agreed to, on this page or, once in the talk, in its log. */
  given: Record<Purpose, boolean> = { camera: false, microphone: false, screen: false };
  readonly #changed: () => void;
  #ledger: ConsentLedger | null = null;
  readonly #logged: Record<Purpose, boolean> = { camera: false, microphone: false, screen: false };
  #asked = false;
  #noting = false;
  #asking = false;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.devices.on("change", changed);
    this.devices.on("track", changed);
    void this.devices.refresh();
  }

  get view(): DevicesView {
    return devicesView(this.devices, { asked: this.#asked, noting: this.#noting, asking: this.#asking });
  }

  /** After a reload: as it was in this tab. */
  resume(): void {
    const before = kept();
    if (before !== null && !this.#asked) this.allow(before);
  }

  /** In the talk from now on: its log is told. */
  enter(relay: Relay): void {
    this.#ledger = new ConsentLedger((entry) => relay.send("consent.changed", entry));
  }

  heard(event: Opened): void {
    if (event.kind !== "consent.changed" || !event.mine) return;
    const { purpose, given } = event.body;
    this.#ledger?.heard(event.body);
    if (purpose === "camera" || purpose === "microphone" || purpose === "screen") this.#logged[purpose] = given;
    this.#changed();
  }

  /** The log has what was agreed to: from then on it may be sent. Rejects once the talk is over. */
  async agree(): Promise<void> {
    for (const purpose of ["camera", "microphone", "screen"] as const) {
      const given = this.given[purpose];
      if (this.#ledger === null || given === this.#logged[purpose]) continue;
      this.#logged[purpose] = given;
      await this.#ledger.change(purpose, given);
    }
  }

  /** Another page has the talk: no camera stays on here. */
  letGo(): void {
    this.#asked = false;
    void this.devices.stopScreen();
    void this.devices.release();
  }

  close(): void {
    this.devices.close();
  }

  // -- what the screens ask for

  allow = ({ camera, microphone }: { camera: boolean; microphone: boolean }): void => {
    this.#asked = true;
    keep({ camera, microphone });
    if (!camera) void this.devices.setCamera(false);
    if (!microphone) void this.devices.setMicrophone(false);
    if (camera || microphone) void this.#ask({ camera, microphone });
    else this.#changed();
  };

  toggleCamera = (): void => this.#toggle("camera");
  toggleMicrophone = (): void => this.#toggle("microphone");

  toggleScreen = (): void => {
    if (this.devices.screen !== null) return void this.devices.stopScreen();
    this.given = { ...this.given, screen: true };
    void this.devices.shareScreen(this.#logged.screen ? undefined : this.agree());
  };

  /** OB-44: first nothing leaves the device any more, then the log hears of it. */
  withdraw = (purpose: Purpose): void => {
    keep({ camera: this.devices.cameraOn, microphone: this.devices.microphoneOn, [purpose]: false });
    void (purpose === "screen" ? this.devices.stopScreen() : this.devices.release([purpose]));
    this.given = { ...this.given, [purpose]: false };
    void this.agree().catch(() => undefined); // over: then nothing flows anyway
    this.#changed();
  };

  choose = (device: DeviceName, id: string): void => void this.devices.use(device, id);
  level = (): number => this.devices.level();
  testSpeaker = (): void => void this.devices.testTone();

  #toggle(source: Source): void {
    const on = !(source === "camera" ? this.devices.cameraOn : this.devices.microphoneOn);
    this.#asked = true;
    keep({ camera: this.devices.cameraOn, microphone: this.devices.microphoneOn, [source]: on });
    if (on) void this.#ask({ camera: source === "camera", microphone: source === "microphone" });
    else void (source === "camera" ? this.devices.setCamera(false) : this.devices.setMicrophone(false));
  }

  /** OB-46: the consent comes before the browser's question, and in the talk into the log before that. */
  async #ask(want: Record<Source, boolean>): Promise<void> {
    const sources = SOURCES.filter((source) => want[source]);
    for (const source of sources) this.given = { ...this.given, [source]: true };
    this.#noting = true;
    this.#changed();
    try {
      await this.agree();
      this.#noting = false;
      this.#asking = sources.some((source) => this.devices[source] === null);
      this.#changed();
      await this.devices.ask(want);
      // It may have been there all along, and mute.
      if (want.microphone && this.devices.microphone !== null) await this.devices.setMicrophone(true);
    } catch {
      // The log would not take it: the talk is over, and so is the question.
    } finally {
      this.#noting = false;
      this.#asking = false;
      this.#changed();
    }
  }
}
