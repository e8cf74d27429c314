/** What a person sees when a device is denied, missing, busy or unplugged; and that off is off. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Devices } from "./devices";
import { PlayedStream, PlayedTrack } from "./played.test.double";

type Asked = { video?: { deviceId?: { exact: string } }; audio?: { deviceId?: { exact: string } } };

let asked: Asked[];
/** What the browser answers: an error's name, or tracks. */
let answer: (want: Asked) => string | null;
let plugged: EventTarget;
let permissions: Record<string, string>;
let made: PlayedTrack[];

beforeEach(() => {
  [asked, made, permissions, plugged] = [[], [], {}, new EventTarget()];
  answer = () => null;
  vi.stubGlobal("MediaStream", PlayedStream);
  const mediaDevices = Object.assign(plugged, {
    enumerateDevices: async () => [
      { kind: "videoinput", deviceId: "cam", label: "Kamera" },
      { kind: "audioinput", deviceId: "mic", label: "Mikrofon" },
      { kind: "audiooutput", deviceId: "", label: "" },
    ],
    getUserMedia: async (want: Asked) => {
      asked.push(want);
      const error = answer(want);
      if (error !== null) throw new DOMException("no", error);
      const tracks = (["video", "audio"] as const)
        .filter((kind) => want[kind] !== undefined)
        .map((kind) => new PlayedTrack(kind, want[kind]?.deviceId?.exact ?? (kind === "video" ? "cam" : "mic")));
      made.push(...tracks);
      return new PlayedStream(tracks);
    },
  });
  const query = async ({ name }: { name: string }) => ({ state: permissions[name] ?? "prompt" });
  vi.stubGlobal("navigator", { mediaDevices, permissions: { query } });
});
afterEach(() => vi.unstubAllGlobals());

const kinds = () => asked.map((want) => Object.keys(want).toSorted().join("+"));

test("nothing is asked for before this person agreed", () => {
  const devices = new Devices();
  expect([asked, devices.camera, devices.outgoing("microphone")]).toEqual([[], null, null]);
});

test("one question for both, small picture, without echo", async () => {
  const devices = new Devices();
  await devices.ask({ camera: true, microphone: true });
  expect(asked).toMatchObject([
    { video: { width: { ideal: 640, max: 1280 }, height: { ideal: 480, max: 720 } }, audio: { echoCancellation: true } },
  ]);
  expect([devices.cameraOn, devices.microphoneOn]).toEqual([true, true]);
  expect(devices.list).toMatchObject({ camera: [{ label: "Kamera" }], microphone: [{ label: "Mikrofon" }], speaker: [] });
});

test.each([
  ["granted", async () => ({ seq: 4 }), true],
  ["refused", () => Promise.reject(new Error("closed")), false],
  ["not needed", undefined, true],
])("OB-46: a screen is shown once the consent is in the log: %s", async (_, agreed, shown) => {
  const screen = new PlayedTrack("video", "screen");
  const shared = Object.assign(new PlayedStream([screen]), { getVideoTracks: () => [screen], getAudioTracks: () => [] });
  Object.assign(navigator.mediaDevices, { getDisplayMedia: async () => shared });
  const devices = new Devices();
  await devices.shareScreen(agreed?.());
  expect([devices.screen !== null, screen.readyState]).toEqual([shown, shown ? "live" : "ended"]);
});

describe("a screen that is heard", () => {
  const [screen, sound] = [() => new PlayedTrack("video", "screen"), () => new PlayedTrack("audio", "film")];
  const nodes: { track: unknown; to: unknown }[] = [];
  let mixed: PlayedTrack;

  beforeEach(() => {
    nodes.length = 0;
    mixed = new PlayedTrack("audio", "mixed");
    vi.stubGlobal("AudioContext", class {
      createMediaStreamDestination = () => ({ stream: { getAudioTracks: () => [mixed] } });
      createMediaStreamSource = ({ tracks }: { tracks: unknown[] }) => {
        const node = { track: tracks[0], to: null as unknown, connect: (to: unknown) => (node.to = to), disconnect: () => (node.to = null) };
        nodes.push(node);
        return node;
      };
      resume = async () => undefined;
      close = async () => undefined;
    });
    vi.stubGlobal("MediaStream", class {
      readonly tracks: unknown[];
      constructor(tracks: unknown[] = []) {
        this.tracks = tracks;
      }
      addTrack = () => undefined;
      removeTrack = () => undefined;
      getVideoTracks = () => [];
    });
  });

  const heard = () => nodes.filter(({ to }) => to !== null).map(({ track }) => (track as PlayedTrack).id);

  test("its sound goes with the microphone, without it while that is off, and ends with the screen", async () => {
    const [video, film] = [screen(), sound()];
    const shared = { getVideoTracks: () => [video], getAudioTracks: () => [film] };
    Object.assign(navigator.mediaDevices, { getDisplayMedia: async () => shared });
    const devices = new Devices();
    await devices.ask({ camera: false, microphone: true });
    const microphone = devices.microphone as unknown as PlayedTrack;
    await devices.shareScreen();
    expect([devices.outgoing("microphone"), heard()]).toEqual([mixed, [film.id, microphone.id]]);
    await devices.setMicrophone(false);
    expect([devices.outgoing("microphone"), heard()]).toEqual([mixed, [film.id]]);
    await devices.setMicrophone(true);
    expect(heard()).toEqual([film.id, microphone.id]);
    await devices.stopScreen();
    expect([devices.outgoing("microphone"), film.readyState, video.readyState]).toEqual([microphone, "ended", "ended"]);
  });

  test("OB-46: without the consent in the log nothing of it is heard either", async () => {
    const [video, film] = [screen(), sound()];
    const shared = { getVideoTracks: () => [video], getAudioTracks: () => [film] };
    Object.assign(navigator.mediaDevices, { getDisplayMedia: async () => shared });
    const devices = new Devices();
    await devices.shareScreen(Promise.reject(new Error("closed")));
    expect([devices.outgoing("microphone"), film.readyState, heard()]).toEqual([null, "ended", []]);
  });
});

describe("not all of it can be had", () => {
  test("no camera there: the microphone alone", async () => {
    answer = (want) => (want.video === undefined ? null : "NotFoundError");
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: true });
    expect(devices.problem).toEqual({ camera: "missing", microphone: null });
    expect([devices.camera, devices.microphoneOn]).toEqual([null, true]);
  });

  test("both refused: said so, and not asked again", async () => {
    answer = () => "NotAllowedError";
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: true });
    expect(devices.problem).toEqual({ camera: "denied", microphone: "denied" });
    expect(kinds()).toEqual(["audio+video"]);
  });

  test("only the camera is blocked in the browser: the microphone is had without a question", async () => {
    permissions = { camera: "denied", microphone: "granted" };
    answer = (want) => (want.video === undefined ? null : "NotAllowedError");
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: true });
    expect(devices.problem).toEqual({ camera: "denied", microphone: null });
    expect(kinds()).toEqual(["audio+video", "audio"]);
  });

  test.each([
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
    ["OverconstrainedError", "missing"],
    ["SecurityError", "insecure"],
  ])("%s is %s", async (error, problem) => {
    answer = () => error;
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: false });
    expect(devices.problem.camera).toBe(problem);
  });

  test("a page without a lock", async () => {
    vi.stubGlobal("navigator", {});
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: true });
    expect(devices.problem).toEqual({ camera: "insecure", microphone: "insecure" });
  });
});

describe("off is off", () => {
  test("the camera stops, so that its light goes out", async () => {
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: true });
    const told: (string | null)[] = [];
    devices.on("track", (source, track) => told.push(`${source} ${track === null ? "off" : "on"}`));
    await devices.setCamera(false);
    expect(made[0]?.readyState).toBe("ended");
    expect(devices.stream.getTracks().map((track) => track.kind)).toEqual(["audio"]);
    await devices.setCamera(true);
    expect(told).toEqual(["camera off", "camera on"]);
    expect(devices.outgoing("camera")?.readyState).toBe("live");
  });

  test("the microphone gives others nothing, and is back without a question", async () => {
    const devices = new Devices();
    await devices.ask({ camera: false, microphone: true });
    await devices.setMicrophone(false);
    expect([devices.outgoing("microphone"), made[0]?.enabled]).toEqual([null, false]);
    await devices.setMicrophone(true);
    expect([devices.outgoing("microphone")?.id, made[0]?.enabled, asked.length]).toEqual([made[0]?.id, true, 1]);
  });

  test("a fast finger leaves no camera on", async () => {
    const devices = new Devices();
    await devices.ask({ camera: true, microphone: true });
    await Promise.all([false, true, false, true, false].map((on) => devices.setCamera(on)));
    expect(devices.outgoing("camera")).toBeNull();
    expect(made.filter((track) => track.kind === "video" && track.readyState === "live")).toEqual([]);
  });

  test("closed while the browser is still asking: what comes then is stopped", async () => {
    const devices = new Devices();
    const asking = devices.ask({ camera: true, microphone: true });
    await vi.waitFor(() => expect(asked.length).toBe(1));
    devices.close();
    await asking;
    expect(made.map((track) => track.readyState)).toEqual(["ended", "ended"]);
  });
});

test("another camera takes the place of the first, which stops", async () => {
  const devices = new Devices();
  await devices.ask({ camera: true, microphone: true });
  await devices.use("camera", "other");
  expect(asked[1]).toMatchObject({ video: { deviceId: { exact: "other" } } });
  expect([made[0]?.readyState, devices.chosen.camera]).toEqual(["ended", "other"]);
});

test("a camera that does not come leaves the present one as it is", async () => {
  const devices = new Devices();
  await devices.ask({ camera: true, microphone: true });
  answer = () => "NotReadableError";
  await devices.use("camera", "other");
  expect([made[0]?.readyState, devices.chosen.camera, devices.problem.camera]).toEqual(["live", "cam", null]);
});

test("unplugged is said; plugged in again, it comes back by itself", async () => {
  const devices = new Devices();
  await devices.ask({ camera: true, microphone: true });
  made[0]?.dispatchEvent(new Event("ended"));
  expect([devices.problem.camera, devices.outgoing("camera")]).toEqual(["missing", null]);
  plugged.dispatchEvent(new Event("devicechange"));
  await vi.waitFor(() => expect(devices.cameraOn).toBe(true));
  expect(devices.problem.camera).toBeNull();
});
