/** What a page says of its own camera, microphone and screen, and what it is asked to end. It does not
 * know who is in the talk. */
import type { Relay } from "../signaling/relay";
import type { Devices } from "./devices";

/** To everybody: what is on. */
export function tellDevices(relay: Relay, devices: Devices | null): void {
  const camera = (devices?.outgoing("camera") ?? null) !== null;
  const screen = (devices?.screen ?? null) !== null;
  void relay.send("call.devices", { camera, microphone: devices?.microphoneOn === true, screen });
}

/** Somebody wants the screen of `to` to be shown no longer; true if it was ours, and is over now. */
export function endsScreen(to: string, relay: Relay, devices: Devices | null): boolean {
  if (to !== relay.admission?.participant || !devices?.screen) return false;
  void devices.stopScreen();
  return true;
}
