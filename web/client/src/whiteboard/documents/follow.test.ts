import { beforeEach, expect, test } from "vitest";
import { AGAIN_MS, EVERY_MS, Follow } from "./follow";
import type { Box } from "./pages";

const view = (x: number): Box => ({ x, y: 0, width: 100, height: 50 });

let nowMs: number;
let jobs: { at: number; job: () => void }[];
let sent: { at: number; view: Box }[];
let follow: Follow;

const clock = {
  now: () => nowMs,
  after(ms: number, job: () => void) {
    const entry = { at: nowMs + ms, job };
    jobs.push(entry);
    return () => void (jobs = jobs.filter((one) => one !== entry));
  },
};

function pass(ms: number): void {
  const end = nowMs + ms;
  for (;;) {
    const next = jobs.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
    if (next === undefined) break;
    jobs = jobs.filter((one) => one !== next);
    nowMs = next.at;
    next.job();
  }
  nowMs = end;
}

beforeEach(() => {
  [nowMs, jobs, sent] = [0, [], []];
  follow = new Follow({ me: "me", send: (view) => sent.push({ at: nowMs, view }), changed: () => undefined, clock });
});

test("whoever leads says where they look, ten times a second at most, the last word always", () => {
  follow.led("me");
  for (let at = 0; at < 100; at += 1) {
    follow.moved(view(at));
    pass(10);
  }
  pass(EVERY_MS);
  expect(sent.length).toBeLessThanOrEqual(12);
  expect(sent.at(-1)?.view).toEqual(view(99));
  for (const [at, { at: then }] of sent.entries()) expect(then - (sent[at - 1]?.at ?? -EVERY_MS)).toBeGreaterThanOrEqual(EVERY_MS);
});

test("whoever comes late hears it again; nobody hears it from one who does not lead", () => {
  follow.led("me");
  follow.moved(view(1));
  pass(AGAIN_MS * 3 + EVERY_MS);
  expect(sent.length).toBe(4);
  follow.tellAgain();
  expect(sent.length).toBe(5);
  follow.led("other");
  follow.moved(view(2));
  pass(AGAIN_MS * 3);
  expect([sent.length, jobs.length]).toEqual([5, 0]);
});

test("the others look where the leader looks, until they look around, and again when they come back", () => {
  follow.led("other");
  follow.heard("stranger", view(9));
  expect(follow.state).toMatchObject({ leading: false, target: null });
  follow.heard("other", view(1));
  expect(follow.state.target).toEqual(view(1));
  follow.lookAround();
  follow.heard("other", view(2));
  expect(follow.state).toMatchObject({ around: true, target: null });
  follow.comeBack();
  expect(follow.state).toMatchObject({ around: false, target: view(2) });
  follow.led(null);
  expect(follow.state).toEqual({ leader: null, leading: false, around: false, target: null });
});

test("a view without size is no view", () => {
  follow.led("other");
  follow.heard("other", { x: 0, y: 0, width: 0, height: Number.NaN });
  expect(follow.state.target).toBeNull();
});
