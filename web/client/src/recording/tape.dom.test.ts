import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Devices } from "../media/devices";
import type { Relay } from "../signaling/relay";
import { Tape, type TapeState } from "./tape";

/** What happened, in order, on this side of the network. */
let happened: string[] = [];
let connections: Connection[] = [];
let answers: (() => Response)[] = [];
/** Packets that were sent, and when they were last confirmed. */
let stats = { sent: 0, confirmed: 0 };

class Connection extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  readonly iceGatheringState = "complete";
  localDescription: { sdp: string } | null = null;

  constructor() {
    super();
    connections.push(this);
  }

  addTransceiver(kind: string) {
    return { setCodecPreferences: () => undefined, sender: { replaceTrack: async (track: unknown) => void happened.push(`${kind} ${String(track)}`) } };
  }

  async setLocalDescription() {
    this.localDescription = { sdp: "offer" };
  }

  async setRemoteDescription({ sdp }: { sdp: string }) {
    happened.push(`answered ${sdp}`);
  }

  async getStats() {
    const { sent: packetsSent, confirmed: timestamp } = stats;
    return new Map([
      ["out", { type: "outbound-rtp", packetsSent }],
      ["in", { type: "remote-inbound-rtp", timestamp }],
    ]);
  }

  become(state: RTCPeerConnectionState) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  close() {
    happened.push("closed");
  }
}

const taken = () => Response.json({ part: "p", sdp: "answer" });
const refused = (status: number, code: string) => () => Response.json({ error: { code } }, { status });
let heard: (source: "camera" | "microphone", track: unknown) => void = () => undefined;

function tape() {
  const states: TapeState[] = [];
  const devices = {
    outgoing: (source: string) => (source === "camera" ? "face" : null),
    on: (_name: string, listener: typeof heard) => {
      heard = listener;
      return () => (heard = () => undefined);
    },
  };
  const made = new Tape({
    relay: { admission: null } as unknown as Relay,
    devices: devices as unknown as Devices,
    session: "5".repeat(32),
    proof: { token: "t" },
    changed: (state) => states.push(state),
  });
  return { tape: made, states };
}

beforeEach(() => {
  vi.useFakeTimers();
  [happened, connections, answers] = [[], [], []];
  stats = { sent: 0, confirmed: 0 };
  vi.stubGlobal("RTCPeerConnection", Connection);
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [] }) });
  vi.stubGlobal("fetch", async (path: string, { body }: { body: string }) => {
    happened.push(`${path.slice(path.indexOf("/recording"))} ${body}`);
    return path.endsWith("/stop") ? new Response(null, { status: 204 }) : (answers.shift() ?? taken)();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

test("OB-44: whoever takes it back sends nothing any more before anybody hears of it", async () => {
  const { tape: one, states } = tape();
  one.start();
  await settle();
  connections[0]?.become("connected");
  expect(happened).toEqual(["video face", "audio null", '/recording {"sdp":"offer"}', "answered answer"]);
  happened = [];
  one.stop();
  await settle();
  expect(happened).toEqual(["closed", '/recording/stop {"all":false}']);
  expect(states).toEqual(["starting", "running", "off"]);
});

test("what is switched off in the talk is not recorded either", async () => {
  const { tape: one } = tape();
  one.start();
  await settle();
  happened = [];
  heard("camera", null);
  expect(happened).toEqual(["video null"]);
  one.stop();
  heard("camera", "face");
  expect(happened.filter((what) => what.startsWith("video"))).toEqual(["video null"]);
});

test("a connection that breaks is made anew, and the one before is let go", async () => {
  const { tape: one, states } = tape();
  one.start();
  await settle();
  connections[0]?.become("connected");
  connections[0]?.become("failed");
  expect(one.state).toBe("failing");
  await settle(1_000);
  expect(connections).toHaveLength(2);
  connections[0]?.become("connected"); // too late: it is not ours any more
  expect(one.state).toBe("failing");
  connections[1]?.become("connected");
  expect(states).toEqual(["starting", "running", "failing", "running"]);
  one.stop();
});

/** So many seconds in which something is sent, and confirmed or not. */
async function passes(seconds: number, { sent, confirmed }: { sent: boolean; confirmed: boolean }) {
  for (let halves = 0; halves < 2 * seconds; halves += 1) {
    if (sent) stats.sent += 25;
    if (confirmed) stats.confirmed = performance.now();
    await settle(500);
  }
}

test("F-14: where nothing arrives any more it is dialled anew within seconds, and at once", async () => {
  const { tape: one, states } = tape();
  one.start();
  await settle();
  connections[0]?.become("connected");
  await passes(6, { sent: true, confirmed: true });
  expect(connections).toHaveLength(1);
  await passes(4, { sent: true, confirmed: false });
  expect(connections).toHaveLength(2);
  connections[1]?.become("connected");
  expect(states).toEqual(["starting", "running", "failing", "running"]);
  await passes(6, { sent: true, confirmed: true });
  connections[1]?.become("failed");
  await settle();
  expect(connections).toHaveLength(3); // it stood for long: no pause
  connections[2]?.become("failed");
  await settle(900);
  expect(connections).toHaveLength(3);
  one.stop();
});

test.each([
  ["nothing is sent", { sent: false, confirmed: false }],
  ["the browser does not say what arrives", { sent: true, confirmed: false }],
])("where %s nothing is missed", async (_why, passing) => {
  const { tape: one } = tape();
  one.start();
  await settle();
  connections[0]?.become("connected");
  if (!passing.sent) await passes(2, { sent: true, confirmed: true });
  await passes(20, passing);
  expect(connections).toHaveLength(1);
  one.stop();
});

test("a server that is away is asked again; one that says no is not", async () => {
  answers = [refused(503, "draining"), refused(409, "recording.consent")];
  const { tape: one, states } = tape();
  one.start();
  await settle();
  expect(one.state).toBe("failing");
  await settle(1_000);
  expect(one.state).toBe("impossible");
  await settle(60_000);
  expect(connections).toHaveLength(2);
  one.stop();
  expect(states).toEqual(["starting", "failing", "impossible", "off"]);
});
