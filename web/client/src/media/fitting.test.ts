/** What is sent follows the network: down at once, up with patience, sound before pictures. */
import { expect, test } from "vitest";
import { AS_IT_IS, Fitting, Planner, RUNGS, type Seen } from "./fitting";

const GOOD: Seen = { availableKbps: 2_000, lost: 0, rttMs: 40 };
const NARROW: Seen = { availableKbps: 75, lost: 0, rttMs: 40 };

/** A second each. */
function after(planner: Planner, from: number, seconds: number, seen: Seen) {
  let plan = AS_IT_IS;
  for (let second = 0; second < seconds; second += 1) plan = planner.next(seen, 1_000 * (from + second));
  return plan;
}

test("a good network gets all there is", () => {
  expect(after(new Planner(), 0, 20, GOOD)).toEqual(AS_IT_IS);
});

test("fewer pictures a second come before smaller ones, and sound is never in question", () => {
  const rungs = [2_000, 250, 150, 100, 75, 30].map((availableKbps) => {
    const { rung, thrifty } = new Planner().next({ ...GOOD, availableKbps }, 0);
    return [RUNGS[rung]?.fps, RUNGS[rung]?.scale, thrifty];
  });
  expect(rungs).toEqual([
    [30, 1, false],
    [30, 1, false],
    [15, 1, true],
    [10, 2, true],
    [8, 4, true],
    [5, 4, true],
  ]);
});

test("worse counts at once, better when it lasts, one rung after the other", () => {
  const planner = new Planner();
  after(planner, 0, 5, GOOD);
  expect(planner.next(NARROW, 5_000)).toEqual({ rung: 3, thrifty: true });
  expect(after(planner, 6, 4, GOOD)).toEqual({ rung: 3, thrifty: false });
  expect(planner.next(GOOD, 10_000).rung).toBe(2);
  expect(planner.next(NARROW, 11_000).rung).toBe(3); // it was for a moment only
  expect(after(planner, 12, 13, GOOD).rung).toBe(0);
});

test("a network that only loses some has room all the same", () => {
  const planner = new Planner();
  const lossy = { availableKbps: 75, lost: 0.1, rttMs: 40 };
  expect(planner.next(lossy, 0)).toEqual(AS_IT_IS);
  expect(after(planner, 1, 14, { ...NARROW, lost: 0.02 })).toEqual(AS_IT_IS);
  expect(after(planner, 15, 15, NARROW)).toEqual(AS_IT_IS);
  expect(planner.next(NARROW, 30_000).thrifty).toBe(true); // long since nothing was lost
});

test("what is lost because it had to wait shows a narrow one", () => {
  const planner = new Planner();
  after(planner, 0, 3, GOOD);
  expect(planner.next({ availableKbps: 75, lost: 0.2, rttMs: 400 }, 3_000)).toEqual({ rung: 3, thrifty: true });
  expect(after(planner, 4, 20, { ...NARROW, lost: 0.05 })).toEqual({ rung: 3, thrifty: true }); // the queue is short because less is sent
});

test("a browser that estimates nothing goes on as it does by itself", () => {
  expect(new Planner().next({ availableKbps: null, lost: 0.1, rttMs: null }, 0)).toEqual(AS_IT_IS);
});

// -- one connection

function connection(hint = "") {
  const said: Record<string, Record<string, unknown>[]> = { audio: [], video: [] };
  const senders = (["audio", "video"] as const).map((kind) => ({
    track: { kind, contentHint: kind === "video" ? hint : "" },
    getParameters: () => ({ encodings: [{ active: true }] }),
    setParameters: async ({ encodings }: { encodings: Record<string, unknown>[] }) => void said[kind]?.push(encodings[0] ?? {}),
  }));
  const pc = { getTransceivers: () => senders.map((sender) => ({ sender })) };
  return { said, fitting: new Fitting(pc as unknown as RTCPeerConnection) };
}

const stats = (kbps: number, lost = 0) =>
  new Map<string, unknown>([
    ["a", { type: "candidate-pair", nominated: true, availableOutgoingBitrate: kbps * 1_000 }],
    ["b", { type: "remote-inbound-rtp", kind: "audio", fractionLost: lost, roundTripTime: 0.04 }],
    ["c", { type: "remote-inbound-rtp", kind: "video", fractionLost: 1, roundTripTime: 4 }],
  ]) as unknown as RTCStatsReport;

test("both senders are told what changes, and nothing twice", async () => {
  const { said, fitting } = connection();
  await fitting.sample(stats(600), 0);
  await fitting.sample(stats(600), 1_000);
  expect(said).toEqual({ audio: [{ active: true, adaptivePtime: false }], video: [{ active: true, scaleResolutionDownBy: 1, maxFramerate: 30 }] });
  await fitting.sample(stats(100), 2_000);
  expect(said["audio"]?.[1]).toEqual({ active: true, adaptivePtime: true, maxBitrate: 12_000 });
  expect(said["video"]?.[1]).toEqual({ active: true, scaleResolutionDownBy: 2, maxFramerate: 10, maxBitrate: 75_000 });
});

test("a screen keeps its letters: only fewer pictures", async () => {
  const { said, fitting } = connection("detail");
  await fitting.sample(stats(75), 0);
  expect(said["video"]).toEqual([{ active: true, scaleResolutionDownBy: 1, maxFramerate: 8, maxBitrate: 45_000 }]);
});
