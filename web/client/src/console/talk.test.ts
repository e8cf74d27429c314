/** One talk against a playing server: who wins, what a reload leads to, what an end leaves behind. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Call } from "../media/call";
import { Files } from "../files/files";
import { PlayedStream } from "../media/played.test.double";
import type { KindName } from "../sessions/events";
import { AdmissionRefused } from "../signaling/admission";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import type { Phase } from "./flow";
import type { Curtain } from "../stage/curtain";
import { Talk, type TalkPorts } from "./talk";

const ADVISOR = "a".repeat(16);
const me = { name: "Anna Berger", title: "Vorsorge" };

/** What a browser has and Node has not; no media flows in these tests. */
let time: PlayedTime;
let server: PlayServer;
let talks: Talk[];

beforeEach(() => {
  vi.stubGlobal("MediaStream", PlayedStream);
  vi.stubGlobal("addEventListener", () => undefined);
  time = new PlayedTime();
  server = new PlayServer(time, seeded(3));
  talks = [];
});
afterEach(async () => {
  for (const talk of talks) talk.close();
  await time.rest();
  time.close();
  vi.unstubAllGlobals();
});

function open(prepare = true, who = ADVISOR, more: Partial<TalkPorts> = {}) {
  const admit = async () => ({ ...server.admission(who), role: "advisor" as const });
  const relay = new Relay({ admit, wire: () => server.open(), clock: time, random: seeded(5), store: null });
  const call = new Call({ relay, devices: null });
  const talk = new Talk({ session: server.session, relay, call, files: filesOf(relay), devices: null, me, prepare, nowMs: () => time.now(), ...more });
  talks.push(talk);
  const phases: Phase[] = [];
  talk.state.watch(() => {
    const { phase } = talk.state.get().flow;
    if (phases.at(-1) !== phase) phases.push(phase);
  });
  talk.start();
  return { talk, call, relay, phases };
}

function filesOf(relay: Relay): Files {
  return new Files({ relay, session: server.session, proof: {}, store: null });
}

const phaseOf = (talk: Talk) => talk.state.get().flow.phase;
const kinds = () => server.log.map((frame) => frame.kind as KindName);

test("accept: ready beforehand, talking with the answer, the time is the server's", async () => {
  const { talk, phases } = open();
  await time.until(() => phaseOf(talk) === "ready");
  talk.accept();
  await time.until(() => talk.state.get().flow.acceptedMs !== null);
  expect(phases).toEqual(["preparing", "ready", "accepting", "talking"]);
  expect(talk.state.get().flow.acceptedMs).toBe(server.log[0]!.at);
});

test("picture and sound begin before anything is drawn of it", async () => {
  const { talk, call } = open();
  await time.until(() => phaseOf(talk) === "ready");
  const drawn: Phase[] = [];
  vi.spyOn(call, "takeOver").mockImplementation(() => void drawn.push(phaseOf(talk)));
  talk.accept();
  await time.until(() => phaseOf(talk) === "talking");
  expect(drawn).toEqual(["accepting"]);
});

test("the stage comes after the first picture, and without one when there will be none", async () => {
  let end = () => {};
  const raise = vi.fn<() => Curtain>(() => ({ over: new Promise<void>((resolve) => (end = resolve)), end: () => end() }));
  const drop = vi.fn<() => void>();
  const { talk } = open(true, ADVISOR, { curtain: { raise, drop } });
  await time.until(() => phaseOf(talk) === "ready");
  expect(raise).not.toHaveBeenCalled();
  talk.accept();
  await time.until(() => raise.mock.calls.length === 1);
  await time.rest();
  expect(phaseOf(talk)).toBe("accepting");
  end();
  await time.until(() => phaseOf(talk) === "talking");
  talk.close();
  expect(drop).toHaveBeenCalled();
});

test("a colleague was faster: the refusal ends it as such", async () => {
  const { talk } = open();
  server.answer = ({ kind }) => (kind === "session.accepted" ? { ok: false, code: "session.taken" } : null);
  await time.until(() => phaseOf(talk) === "ready");
  talk.accept();
  await time.until(() => phaseOf(talk) === "over");
  expect(talk.state.get().flow.outcome).toBe("taken");
});

test("accepted in another tab of mine: this one, which only made ready, stays at the desk", async () => {
  const [here, there] = [open(true), open(true)];
  await time.until(() => phaseOf(here.talk) === "ready" && phaseOf(there.talk) === "ready");
  there.talk.accept();
  await time.until(() => phaseOf(here.talk) === "over" && phaseOf(there.talk) === "talking");
  expect(here.phases).not.toContain("talking");
});

test("a reload leads back into the talk, and an ended one never flashes by", async () => {
  const before = open();
  before.talk.accept();
  await time.until(() => server.log.length === 1);
  before.talk.close();
  const back = open(false);
  await time.until(() => phaseOf(back.talk) === "talking");
  back.talk.end();
  await time.until(() => server.log.length === 2);
  const late = open(false);
  await time.until(() => phaseOf(late.talk) === "over");
  expect(late.phases).toEqual(["preparing", "over"]);
  expect(late.talk.state.get().flow.outcome).toBe("ended");
});

test("an end without a connection reaches the log all the same", async () => {
  const { talk } = open();
  talk.accept();
  await time.until(() => phaseOf(talk) === "talking");
  server.cut();
  talk.end();
  expect(phaseOf(talk)).toBe("over");
  talk.close();
  await time.until(() => server.log.length === 2);
  expect(kinds()).toEqual(["session.accepted", "session.ended"]);
});

test("not admitted at all, since a colleague has the talk already", async () => {
  const admit = () => Promise.reject(new AdmissionRefused(409, "session.taken", ""));
  const relay = new Relay({ admit, wire: () => server.open(), clock: time, random: seeded(5), store: null });
  const call = new Call({ relay, devices: null });
  const talk = new Talk({ session: server.session, relay, call, files: filesOf(relay), devices: null, me, prepare: false, nowMs: () => time.now() });
  talks.push(talk);
  talk.start();
  await time.until(() => phaseOf(talk) === "over");
  expect(talk.state.get().flow.outcome).toBe("taken");
});

test("an event that cannot be read holds nothing up", async () => {
  const first = open();
  first.talk.accept();
  await time.until(() => server.log.length === 1);
  first.talk.close();
  server.log.push({ ...server.log[0]!, seq: 2, id: "f".repeat(32), kind: "chat.message" });
  const back = open(false);
  await time.until(() => phaseOf(back.talk) === "talking");
  expect(phaseOf(back.talk)).toBe("talking");
});
