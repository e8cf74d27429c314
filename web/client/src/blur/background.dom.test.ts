/** Blurred is blurred: whatever happens to camera, thread or wish, no open picture is shown or sent. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keptBlur } from "../call/memory";
import { Devices } from "../media/devices";
import { PlayedStream, PlayedTrack } from "../media/played.test.double";

/** The thread, as far as the page sees it. */
class PlayedWorker extends EventTarget {
  static all: PlayedWorker[] = [];
  readonly got: object[] = [];
  ended = false;

  constructor() {
    super();
    PlayedWorker.all.push(this);
  }

  postMessage(what: object): void {
    this.got.push(what);
  }

  terminate(): void {
    this.ended = true;
  }

  say(data: object): void {
    if (!this.ended) this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

let cameras: PlayedTrack[];
let looking: PlayedTrack[];
let made: PlayedTrack[];
let model: number;
let plugged: EventTarget;

beforeEach(() => {
  [cameras, looking, made, PlayedWorker.all, model, plugged] = [[], [], [], [], 200, new EventTarget()];
  history.replaceState(null, "");
  vi.stubGlobal("MediaStream", PlayedStream);
  vi.stubGlobal("Worker", PlayedWorker);
  vi.stubGlobal("fetch", async () => new Response(new Uint8Array(4), { status: model }));
  vi.stubGlobal(
    "MediaStreamTrackProcessor",
    class {
      readonly readable = {};
      constructor({ track }: { track: PlayedTrack }) {
        looking.push(track);
      }
    },
  );
  vi.stubGlobal(
    "MediaStreamTrackGenerator",
    class extends PlayedTrack {
      readonly writable = {};
      constructor() {
        super("video");
        made.push(this);
      }
    },
  );
  const mediaDevices = Object.assign(plugged, {
    enumerateDevices: async () => [{ kind: "videoinput", deviceId: "cam", label: "Kamera" }],
    getDisplayMedia: async () => new PlayedStream([new PlayedTrack("video")]),
    getUserMedia: async (want: { video?: { deviceId?: { exact: string } } }) => {
      if (want.video === undefined) return new PlayedStream([new PlayedTrack("audio")]);
      const camera = new PlayedTrack("video", want.video.deviceId?.exact ?? "cam");
      cameras.push(camera);
      return new PlayedStream([camera]);
    },
  });
  vi.stubGlobal("navigator", { mediaDevices });
});
afterEach(() => {
  // Whoever blurs looks after the camera until they are told to stop, also after the test.
  for (const one of begun.splice(0)) one.over(null);
  history.replaceState(null, "");
  vi.unstubAllGlobals();
});

const begun: NonNullable<Devices["background"]>[] = [];
const tick = () => new Promise((later) => setTimeout(later));
const worker = () => PlayedWorker.all.at(-1) as PlayedWorker;

/** With everything that was ever shown or sent while it was to be blurred. */
async function started() {
  const devices = new Devices(keptBlur(), 0);
  const open: string[] = [];
  devices.on("track", (source, track) => {
    const raw = (one: unknown) => cameras.includes(one as PlayedTrack);
    if (source !== "camera" || !devices.blurred) return;
    if (raw(track) || devices.stream.getTracks().some(raw)) open.push("open");
    if (cameras.some((camera) => camera.enabled && camera.readyState === "live")) open.push("not black");
  });
  await devices.ask({ camera: true, microphone: false });
  await vi.waitFor(() => expect(devices.background).not.toBeNull());
  const background = devices.background!;
  begun.push(background);
  return { devices, open, background };
}

async function blurring() {
  const all = await started();
  all.background.set(true);
  await vi.waitFor(() => expect(worker()?.got.length).toBe(1));
  worker().say({ drawn: null });
  expect(all.background.state).toBe("on");
  return all;
}

test("off until it is pressed: nothing is fetched, no thread begins", async () => {
  const { devices, background } = await started();
  await tick();
  expect([background.state, PlayedWorker.all.length]).toEqual(["off", 0]);
  expect(devices.outgoing("camera")).toBe(cameras[0]);
});

test("from the press on nothing, from the first blurred picture on that", async () => {
  const { devices, open, background } = await started();
  background.set(true);
  expect([background.state, devices.outgoing("camera"), cameras[0]?.enabled]).toEqual(["starting", null, false]);
  expect(devices.stream.getTracks()).toEqual([]);
  await vi.waitFor(() => expect(worker()?.got.length).toBe(1));
  expect(devices.outgoing("camera")).toBeNull();
  worker().say({ drawn: null });
  expect([background.state, devices.cameraOn]).toEqual(["on", true]);
  expect([devices.outgoing("camera"), devices.stream.getTracks()]).toEqual([made[0], [made[0]]]);
  expect(looking[0]).not.toBe(cameras[0]);
  expect(open).toEqual([]);
});

test("off gives the camera back, and ends the thread", async () => {
  const { devices, background } = await blurring();
  background.set(false);
  expect([devices.outgoing("camera"), cameras[0]?.enabled, cameras.length]).toEqual([cameras[0], true, 1]);
  expect([worker().ended, made[0]?.readyState, looking[0]?.readyState]).toEqual([true, "ended", "ended"]);
});

test("a fast finger: whatever was pressed last holds", async () => {
  const { devices, open, background } = await started();
  for (const on of [true, false, true, false, true]) background.set(on);
  await vi.waitFor(() => expect(worker()?.got.length).toBe(1));
  for (const one of PlayedWorker.all) one.say({ drawn: null });
  expect(PlayedWorker.all.filter(({ ended }) => !ended).length).toBe(1);
  expect([devices.outgoing("camera"), open]).toEqual([made.at(-1), []]);
});

describe("it fails", () => {
  const fails = {
    "the thread says so": () => worker().say({ failed: "slow" }),
    "the thread breaks": () => worker().dispatchEvent(new Event("error")),
  };
  test.each(Object.entries(fails))("%s: no picture, no camera, and it is said", async (_, fail) => {
    const { devices, open, background } = await blurring();
    fail();
    expect([background.state, devices.problem.camera, devices.outgoing("camera")]).toEqual(["failed", "blur", null]);
    expect([cameras[0]?.readyState, looking[0]?.readyState, worker().ended]).toEqual(["ended", "ended", true]);
    expect(open).toEqual([]);
  });

  test("the model does not come", async () => {
    const { devices, background } = await started();
    model = 503;
    background.set(true);
    await vi.waitFor(() => expect(background.state).toBe("failed"));
    expect(devices.outgoing("camera")).toBeNull();
  });

  test("pictures come no more, from a camera that runs", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { devices, background } = await blurring();
    vi.advanceTimersByTime(10_000);
    worker().say({ drawn: null });
    vi.advanceTimersByTime(10_000);
    expect(background.state).toBe("on");
    vi.advanceTimersByTime(10_000);
    expect([background.state, devices.outgoing("camera")]).toEqual(["failed", null]);
    vi.useRealTimers();
  });

  test("pressed once more, it is tried once more; pressed off, the open camera comes", async () => {
    const { devices, open, background } = await blurring();
    worker().say({ failed: "broken" });
    background.set(true);
    await vi.waitFor(() => expect(PlayedWorker.all.length).toBe(2));
    await vi.waitFor(() => expect(worker().got.length).toBe(1));
    worker().say({ failed: "broken" });
    expect([background.state, open]).toEqual(["failed", []]);
    background.set(false);
    await vi.waitFor(() => expect(devices.outgoing("camera")).toBe(cameras[2]));
    expect([background.state, devices.problem.camera]).toEqual(["off", null]);
  });
});

test("another camera: nothing of it until it is blurred too", async () => {
  const { devices, open } = await blurring();
  const first = worker();
  await devices.use("camera", "other");
  expect([devices.outgoing("camera"), first.ended, cameras[1]?.enabled]).toEqual([null, true, false]);
  await vi.waitFor(() => expect(worker().got.length).toBe(1));
  worker().say({ drawn: null });
  expect([devices.outgoing("camera"), open]).toEqual([made[1], []]);
});

test("unplugged while on: the thread ends; plugged in again, it is blurred at once", async () => {
  const { devices, open } = await blurring();
  cameras[0]?.dispatchEvent(new Event("ended"));
  expect([devices.problem.camera, devices.outgoing("camera"), worker().ended]).toEqual(["missing", null, true]);
  plugged.dispatchEvent(new Event("devicechange"));
  await vi.waitFor(() => expect(PlayedWorker.all.length).toBe(2));
  await vi.waitFor(() => expect(worker().got.length).toBe(1));
  worker().say({ drawn: null });
  expect([devices.outgoing("camera"), open]).toEqual([made[1], []]);
});

test("the screen is shown instead, and afterwards the blurred picture again", async () => {
  const { devices, open } = await blurring();
  await devices.shareScreen();
  expect(devices.outgoing("camera")).toBe(devices.screen);
  await devices.stopScreen();
  expect([devices.outgoing("camera"), open]).toEqual([made[0], []]);
});

test("consent withdrawn: everything stops, and no switch brings the camera back", async () => {
  const { devices, background } = await blurring();
  await devices.release(["camera"]);
  expect([worker().ended, cameras[0]?.readyState, looking[0]?.readyState, made[0]?.readyState]).toEqual([
    true,
    "ended",
    "ended",
    "ended",
  ]);
  background.set(false);
  background.set(true);
  await tick();
  expect([devices.camera, devices.outgoing("camera"), cameras.length]).toEqual([null, null, 1]);
});

test("withdrawn after it failed: the same", async () => {
  const { devices, background } = await blurring();
  worker().say({ failed: "broken" });
  await devices.release(["camera"]);
  background.set(false);
  await tick();
  expect([devices.camera, cameras.length]).toEqual([null, 1]);
});

test("after a reload, or in the next call of this page, it is on before the camera is", async () => {
  const before = await blurring();
  before.devices.close();
  expect(worker().ended).toBe(true);
  const { devices, open, background } = await started();
  expect([devices.blurred, cameras[1]?.enabled, devices.outgoing("camera")]).toEqual([true, false, null]);
  await vi.waitFor(() => expect(PlayedWorker.all.length).toBe(2));
  expect([background.state, open]).toEqual(["starting", []]);
});
