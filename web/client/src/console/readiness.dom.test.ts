/** Camera and microphone through a shift: asked once, kept through a reload, nothing left running. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Devices } from "../media/devices";
import { ShiftDevices } from "./readiness";

class Track extends EventTarget {
  enabled = true;
  stopped = false;
  readonly kind: string;
  constructor(kind: string) {
    super();
    this.kind = kind;
  }
  getSettings() {
    return {};
  }
  stop() {
    this.stopped = true;
  }
}

class Stream {
  tracks: Track[] = [];
  getTracks() {
    return this.tracks;
  }
  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === "video");
  }
  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === "audio");
  }
  addTrack(track: Track) {
    this.tracks.push(track);
  }
  removeTrack(track: Track) {
    this.tracks = this.tracks.filter((other) => other !== track);
  }
}

let asked: string[];
let refuse: string | null;
let granted: string;
let made: Track[];

/** The browser's edge: what it was asked for, and what it gives. */
function give(kinds: string[]): Stream {
  const stream = new Stream();
  stream.tracks = kinds.map((kind) => new Track(kind));
  made.push(...stream.tracks);
  return stream;
}

beforeEach(() => {
  [asked, refuse, granted, made] = [[], null, "granted", []];
  history.replaceState(null, "");
  vi.stubGlobal("MediaStream", Stream);
  const media = {
    addEventListener() {},
    removeEventListener() {},
    enumerateDevices: async () => [],
    getDisplayMedia: async () => give(["video"]),
    async getUserMedia(want: MediaStreamConstraints) {
      const kinds = [want.video ? "video" : "", want.audio ? "audio" : ""].filter(Boolean);
      asked.push(kinds.join("+"));
      if (refuse !== null) throw new DOMException("", refuse);
      return give(kinds);
    },
  };
  Object.defineProperty(navigator, "mediaDevices", { value: media, configurable: true });
  const permissions = { query: async () => ({ state: granted }) };
  Object.defineProperty(navigator, "permissions", { value: permissions, configurable: true });
});
afterEach(() => void vi.unstubAllGlobals());

test("nothing is asked for before the press, and both are ready after it", async () => {
  const devices = new ShiftDevices(new Devices());
  expect(asked).toEqual([]);
  expect(devices.state.get().phase).toBe("off");
  await devices.prepare();
  expect(asked).toEqual(["video+audio"]);
  expect(devices.state.get()).toMatchObject({ phase: "ready", camera: true, microphone: true });
});

test("refused is said as such, and can be tried again", async () => {
  const devices = new ShiftDevices(new Devices());
  [refuse, granted] = ["NotAllowedError", "denied"];
  await devices.prepare();
  expect(devices.state.get().phase).toBe("denied");
  refuse = null;
  await devices.prepare();
  expect(devices.state.get().phase).toBe("ready");
});

test("a reload finds the same choice, without a question of the browser's", async () => {
  const before = new ShiftDevices(new Devices());
  await before.prepare();
  await before.setCamera(false);
  before.stop();
  asked = [];
  const after = new ShiftDevices(new Devices());
  await after.resume();
  expect(asked).toEqual(["audio"]);
  expect(after.state.get()).toMatchObject({ camera: false, microphone: true });
});

test("where the browser would ask again, it waits for the press", async () => {
  const before = new ShiftDevices(new Devices());
  await before.prepare();
  asked = [];
  granted = "prompt";
  const after = new ShiftDevices(new Devices());
  await after.resume();
  expect(asked).toEqual([]);
  expect(after.decided).toBe(false);
});

test("somebody waits: on by itself where the browser allowed it before, off again when nobody does", async () => {
  const devices = new ShiftDevices(new Devices());
  await devices.warm();
  expect(devices.state.get()).toMatchObject({ phase: "ready", camera: true, microphone: true });
  devices.rest();
  await vi.waitFor(() => expect(made.map((track) => track.stopped)).toEqual([true, true]));
  expect(devices.state.get().phase).toBe("off");
  await devices.warm();
  await devices.prepare();
  expect(asked).toEqual(["video+audio", "video+audio"]);
  devices.rest();
  expect(devices.state.get().phase).toBe("ready");
});

test.each(["prompt", "denied"])("somebody waits: no question of the browser's by itself (%s)", async (state) => {
  granted = state;
  const devices = new ShiftDevices(new Devices());
  await devices.warm();
  expect(asked).toEqual([]);
});

test("somebody waits: what was switched off stays off", async () => {
  const devices = new ShiftDevices(new Devices());
  await devices.prepare();
  await devices.setCamera(false);
  await devices.warm();
  expect(asked).toEqual(["video+audio"]);
  expect(devices.state.get()).toMatchObject({ camera: false, microphone: true });
});

test("the end of a shift lets go of everything, the end of a talk of the screen", async () => {
  const devices = new ShiftDevices(new Devices());
  await devices.prepare();
  await devices.toggleScreen();
  expect(devices.state.get().screen).toBe(true);
  devices.endSharing();
  await vi.waitFor(() => expect(devices.state.get().screen).toBe(false));
  expect(made.map((track) => track.stopped)).toEqual([false, false, true]);
  devices.stop();
  expect(made.every((track) => track.stopped)).toBe(true);
});
