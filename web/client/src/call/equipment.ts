/** From devices to what the screens show of them. Pure but for reading what it is given. */
import type { Devices, DeviceProblem, Source } from "../media/devices";
import type { Choice, DeviceName, DevicesView } from "./view";

const SOURCES: readonly Source[] = ["camera", "microphone"];

export interface Decided {
  /** Our own question was answered, for this page. */
  asked: boolean;
  asking: boolean;
  /** The consent is on its way into the log. */
  noting?: boolean;
}

export function devicesView(devices: Devices, { asked, asking, noting = false }: Decided): DevicesView {
  const failed = SOURCES.filter((source) => devices.wanted[source] && devices.problem[source] !== null);
  const has = devices.camera !== null || devices.microphone !== null;
  return {
    undecided: !asked,
    noting,
    asking,
    camera: devices.cameraOn,
    microphone: devices.microphoneOn,
    screen: devices.screen !== null,
    background: devices.background,
    problem: has ? null : firstProblem(devices, failed),
    lacking: has ? (failed[0] ?? null) : null,
    lackingProblem: has ? firstProblem(devices, failed) : null,
    own: devices.screen ? streamOf(devices.screen) : has ? devices.stream : null,
    choices: {
      camera: devices.wanted.camera ? choices(devices, "camera") : [],
      microphone: devices.wanted.microphone || devices.microphone ? choices(devices, "microphone") : [],
      speaker: choices(devices, "speaker"),
    },
    chosen: {
      camera: devices.chosen.camera ?? "",
      microphone: devices.chosen.microphone ?? "",
      speaker: devices.chosen.speaker ?? "",
    },
  };
}

/** Why the device that was just wanted is not there; null while nobody knows, or it is. */
export function problemWith(devices: DevicesView, wanted: Source | null): DeviceProblem | null {
  if (wanted === null || devices.noting || devices.asking || devices[wanted]) return null;
  return devices.problem ?? (devices.lacking === wanted ? devices.lackingProblem : null);
}

const streams = new WeakMap<MediaStreamTrack, MediaStream>();

/** The same stream for the same track, so that a picture does not begin anew with every change. */
function streamOf(track: MediaStreamTrack): MediaStream {
  const stream = streams.get(track) ?? new MediaStream([track]);
  streams.set(track, stream);
  return stream;
}

function firstProblem(devices: Devices, failed: readonly Source[]): DeviceProblem | null {
  const [first] = failed;
  return first === undefined ? null : devices.problem[first];
}

/** Nameless devices are not worth a choice: access was not given yet. */
function choices(devices: Devices, name: DeviceName): readonly Choice[] {
  return devices.list[name]
    .filter((device) => device.label !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
