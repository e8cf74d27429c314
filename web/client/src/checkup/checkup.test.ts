import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Checkup } from "./checkup";
import type { Finding } from "./finding";
import { NotTried, type Trial, type TrialOptions } from "./trial";

const FIGURES = { rtt_ms: 40, jitter_ms: 5, loss_pct: 0, up_kbps: 300, down_kbps: 300 };
const LONG_MS = 10_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Somebody who waits, in a room as loud as that. */
function waiting({ offered = true, attempt }: { offered?: boolean; attempt?: () => Promise<Trial | null> } = {}) {
  const here = {
    waits: true,
    loud: 0,
    told: [] as Finding[],
    tries: [] as TrialOptions[],
    joined: () => {},
    microphone: {} as MediaStreamTrack | null,
  };
  const checkup = new Checkup({
    session: "s",
    proof: {},
    offered,
    relay: {
      admission: { iceServers: [], icePolicy: "all" },
      status: "open",
      on: (_: string, heard: () => void) => ((here.joined = heard), () => (here.joined = () => {})),
      send: async (_: string, body: Finding) => void here.told.push(body),
    } as never,
    devices: {
      level: () => here.loud,
      microphoneOn: true,
      get microphone() {
        return here.microphone;
      },
    } as never,
    waits: () => here.waits,
    changed: () => {},
    checkLink: async () => "fair",
    attempt: async (options) => {
      here.tries.push(options);
      return attempt === undefined ? { figures: FIGURES, path: "direct" } : attempt();
    },
  });
  return { checkup, here };
}

test("who waits is tried once, and the house is told", async () => {
  const { checkup, here } = waiting();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(here.tries).toHaveLength(1);
  expect(here.told).toMatchObject([{ word: "good", path: "direct", microphone: "quiet" }]);
  expect([checkup.word, checkup.running]).toEqual(["good", false]);
  checkup.again();
  await vi.advanceTimersByTimeAsync(0);
  expect(here.tries).toHaveLength(2);
  checkup.stop();
});

test("who does not wait, or not yet, is not tried", async () => {
  const { checkup, here } = waiting();
  here.waits = false;
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(here.tries).toEqual([]);
  here.waits = true;
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(here.tries).toHaveLength(1);
  checkup.stop();
});

test("the accept ends it at once, and nothing of it is told", async () => {
  let done: (trial: Trial) => void = () => {};
  const { checkup, here } = waiting({ attempt: () => new Promise((told) => (done = told)) });
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(checkup.running).toBe(true);
  checkup.stop();
  expect(here.tries[0]?.signal.aborted).toBe(true);
  done({ figures: FIGURES, path: "direct" });
  await vi.advanceTimersByTimeAsync(LONG_MS);
  checkup.again();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(here.told).toEqual([]);
  expect(here.tries).toHaveLength(1);
});

test("the microphone's word follows when it is heard, or gone", async () => {
  const { checkup, here } = waiting();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  here.loud = 0.1; // the room
  await vi.advanceTimersByTimeAsync(LONG_MS);
  here.loud = 0.6;
  await vi.advanceTimersByTimeAsync(LONG_MS);
  here.loud = 0;
  await vi.advanceTimersByTimeAsync(LONG_MS);
  here.microphone = null;
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(here.told.map(({ microphone }) => microphone)).toEqual(["quiet", "heard", "off"]);
  checkup.stop();
});

test("another node is told again", async () => {
  const { checkup, here } = waiting();
  here.joined();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(here.told).toHaveLength(1);
  here.joined();
  expect(here.told).toHaveLength(2);
  checkup.stop();
});

test("where no way leads there, that is the finding; where nobody answers, there is none", async () => {
  const lost = waiting({ attempt: async () => null });
  const busy = waiting({ attempt: () => Promise.reject(new NotTried("503")) });
  const none = waiting({ offered: false });
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(lost.checkup.finding).toMatchObject({ word: "none", cause: "no-path" });
  expect(lost.checkup.word).toBe("poor");
  for (const { checkup, here } of [busy, none]) {
    expect(checkup.finding).toBeNull();
    expect(checkup.word).toBe("fair"); // of the page's own requests
    expect(here.told).toEqual([]);
  }
  expect(none.here.tries).toEqual([]);
  for (const { checkup } of [lost, busy, none]) checkup.stop();
});
