/** A working day in small: who is made ready for, what rings, who gets on stage, what comes after. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Files } from "../files/files";
import { Call } from "../media/call";
import { Devices } from "../media/devices";
import { PlayedStream } from "../media/played.test.double";
import { NotNow } from "../signaling/admission";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { Http } from "./http";
import { ShiftDevices } from "./readiness";
import { Shift } from "./shift";
import { Talk } from "./talk";

const ADVISOR = "a".repeat(16);
const me = { name: "Anna Berger", title: "" };

let time: PlayedTime;
let waiting: PlayServer[];
let wish: string;
let opened: { session: string; prepare: boolean }[];
let addresses: (string | null)[];
let given: string[];
let refuses: boolean;
let shift: Shift;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  vi.stubGlobal("MediaStream", PlayedStream);
  time = new PlayedTime();
  [waiting, wish, opened, addresses, given, refuses] = [[], "free", [], [], [], false];
  shift = new Shift({
    http: new Http("token", answer as unknown as typeof fetch),
    deskRelay: new Relay({ admit: () => Promise.reject(new NotNow(null)), clock: time }),
    devices: new ShiftDevices(new Devices()),
    openTalk,
    notifyWords: { title: "", body: "" },
    goTo: (session) => addresses.push(session),
  });
});
afterEach(() => {
  shift.stop();
  time.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function answer(path: string): Promise<Response> {
  if (path.endsWith("/handover")) {
    given.push(path);
    if (refuses) return Response.json({ error: { code: "handover.colleague", text: "not free any more" } }, { status: 409 });
    return Response.json({ session: "0".repeat(32) });
  }
  const people = waiting.map(({ session }, n) => ({ session, first_name: "Ada", last_name: "N", waiting_since_ms: n + 1 }));
  return Response.json({ me: { wish, in_talk: false }, waiting: people, now_ms: Date.now() });
}

function openTalk(session: string, { prepare }: { prepare: boolean }): Talk {
  opened.push({ session, prepare });
  const server = servers.get(session)!;
  const admit = async () => ({ ...server.admission(ADVISOR), role: "advisor" as const });
  const relay = new Relay({ admit, wire: () => server.open(), clock: time, random: seeded(5), store: null });
  const call = new Call({ relay, devices: null });
  const files = new Files({ relay, session, proof: {}, store: null });
  return new Talk({ session, relay, call, files, devices: null, me, prepare, nowMs: () => time.now() });
}

const servers = new Map<string, PlayServer>();

/** Somebody calls. */
function rings(): PlayServer {
  const server = new PlayServer(time, seeded(waiting.length + 1));
  servers.set(server.session, server);
  waiting.push(server);
  return server;
}

/** Let requests, relays and timers come to rest. */
async function settle(done: () => boolean = () => false): Promise<void> {
  shift.link.hint();
  await vi.advanceTimersByTimeAsync(100);
  await time.until(done, 2_000);
}

test("the longest wait is made ready for, and on stage with one press", async () => {
  const [first] = [rings(), rings()];
  shift.start(null);
  await settle();
  expect(opened).toEqual([{ session: first.session, prepare: true }]);
  await shift.accept(first.session);
  await settle(() => shift.state.get().talk !== null);
  expect(shift.state.get()).toMatchObject({ accepting: null, notice: null });
  expect(addresses).toEqual([first.session]);
  expect(opened).toHaveLength(1);
});

test("afterwards there is a summary, and the next one is made ready for", async () => {
  const [first, second] = [rings(), rings()];
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  await settle(() => shift.state.get().talk !== null);
  waiting.shift();
  shift.end();
  expect(shift.state.get()).toMatchObject({ talk: null, summary: { session: first.session } });
  await settle();
  expect(addresses.at(-1)).toBeNull();
  expect(opened.at(-1)).toEqual({ session: second.session, prepare: true });
  expect(first.log.map((frame) => frame.kind)).toEqual(["session.accepted", "session.ended"]);
});

test("given on, the summary says to whom, and that nobody was lost", async () => {
  const first = rings();
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  await settle(() => shift.state.get().talk !== null);
  const wanted = { to: null, reason: "handed", topic: null, note: "" } as const;
  await shift.handovers.give(first.session, { ...wanted, name: "Ada N" });
  expect(given).toEqual([`/api/sessions/${first.session}/handover`]);
  const talk = shift.state.get().talk!;
  talk.lost(true); // as its log says it
  expect(shift.state.get()).toMatchObject({ talk: null, summary: { lost: false, handed: { name: "Ada N", to: null } } });
});

test("what was refused is not given on, and the talk goes on", async () => {
  const first = rings();
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  await settle(() => shift.state.get().talk !== null);
  refuses = true;
  const wanted = { to: null, reason: "handed", topic: null, note: "", name: "Ada N" } as const;
  await expect(shift.handovers.give(first.session, wanted)).rejects.toThrow("not free any more");
  expect(shift.state.get().talk?.session).toBe(first.session);
  shift.end();
  expect(shift.state.get()).toMatchObject({ talk: null, summary: { handed: null } });
});

test("a colleague was faster: said kindly, and still at the desk", async () => {
  const first = rings();
  first.answer = ({ kind }) => (kind === "session.accepted" ? { ok: false, code: "session.taken" } : null);
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  await settle(() => shift.state.get().notice !== null);
  expect(shift.state.get()).toMatchObject({ talk: null, accepting: null, notice: "taken" });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(shift.state.get().notice).toBeNull();
});

test("a colleague was faster, and the desk hears of it before the own connection does", async () => {
  const first = rings();
  first.answer = () => ({ ok: false, code: "retry", retry_ms: 60_000 });
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  waiting.shift();
  await settle(() => shift.state.get().notice !== null);
  expect(shift.state.get()).toMatchObject({ talk: null, accepting: null, notice: "taken" });
});

test("pressed twice it is said once, and that it is on its way is shown where it takes a moment", async () => {
  const first = rings();
  first.answer = () => ({ ok: false, code: "retry", retry_ms: 60_000 });
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  await shift.accept(first.session);
  expect(shift.state.get().accepting).toBeNull();
  await vi.advanceTimersByTimeAsync(400);
  expect(shift.state.get().accepting).toBe(first.session);
  expect(opened).toHaveLength(1);
});

test("somebody else than the one made ready for can be taken, without preparing first", async () => {
  const [, second] = [rings(), rings()];
  shift.start(null);
  await settle();
  await shift.accept(second.session);
  await settle(() => shift.state.get().talk !== null);
  expect(shift.state.get().talk?.session).toBe(second.session);
  expect(opened.at(-1)).toEqual({ session: second.session, prepare: false });
});

test("nobody is made ready for while busy, and what was is given up", async () => {
  wish = "busy";
  rings();
  shift.start(null);
  await settle();
  expect(opened).toEqual([]);
  wish = "free";
  await settle();
  expect(opened).toHaveLength(1);
  wish = "away";
  await settle();
  wish = "free";
  await settle();
  expect(opened).toHaveLength(2);
});

test("the session in the address leads back into its talk", async () => {
  const first = rings();
  shift.start(null);
  await settle();
  await shift.accept(first.session);
  await settle(() => shift.state.get().talk !== null);
  shift.state.get().talk?.close();
  shift.state.patch({ talk: null });
  shift.comeBack(first.session);
  await settle(() => shift.state.get().talk !== null);
  expect(shift.state.get().talk?.session).toBe(first.session);
  expect(opened.at(-1)).toEqual({ session: first.session, prepare: false });
});
