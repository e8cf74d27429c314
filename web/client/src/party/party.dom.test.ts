/** More people in a talk: everybody is connected with every guest, and with nobody who was not let in.
 * Real relays and peers; network and browser media are played. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Call } from "../media/call";
import { endBrowser, open, Pages, playBrowser, PlayedDevices } from "../media/pages.test.double";
import { PlayedPeerConnection } from "../media/played.test.double";
import type { GuestSeat } from "../sessions/bodies";
import type { PlayServer } from "../signaling/network.test.double";
import type { Relay } from "../signaling/relay";
import { PartyGate } from "./gate";
import { Party } from "./party";

const ANNA = "a".repeat(16); // the prospect
const BEN = "b".repeat(16); // the advisor
const [CARL, DORA] = ["c".repeat(16), "d".repeat(16)]; // guests
let server: PlayServer;
let pages: Pages<Page>;

interface Page {
  relay: Relay;
  call: Call | null;
  devices: PlayedDevices;
  party(): Party | null;
  close(): void;
}

// Fetching it takes real time.
beforeAll(() => import("./lazy").then(() => undefined), 60_000);
beforeEach(() => {
  playBrowser();
  pages = new Pages();
  server = pages.server;
});
afterEach(() => {
  pages.close();
  endBrowser();
});

async function joined(participant: string, role: "prospect" | "advisor" | "guest", seat: GuestSeat | null = null): Promise<void> {
  await server.seat({ participant, role, name: participant[0] ?? "", stage: "seated", seat });
}

function page(who: string): Page {
  const [relay, played] = [pages.relay(who), new PlayedDevices()];
  const devices = played.real;
  const guest = server.roles.get(who) === "guest";
  const call = guest ? null : new Call({ relay, devices });
  let party: Party | null = guest ? new Party({ relay, devices }) : null;
  const gate = call && new PartyGate({ relay, devices, call, changed: () => (party = gate?.party ?? null) });
  call?.start();
  gate?.start();
  if (guest) party?.start();
  relay.start();
  const close = () => {
    gate?.stop();
    party?.stop();
    call?.stop();
    relay.stop();
  };
  const made: Page = { relay, call, devices: played, party: () => party, close };
  pages.all.push(made);
  return made;
}

const until = (done: () => boolean, rounds?: number) => pages.until(done, rounds);
const pass = (ms: number) => pages.pass(ms);
const shown = (page: Page) => page.party()?.state.others.filter((one) => one.connected).map((one) => one.participant);
const sending = () => open().map((pc) => pc.sending.map((track) => track.kind).toSorted().join("+"));

/** The two whose talk it is, talking. */
async function talking(): Promise<[Page, Page]> {
  await joined(ANNA, "prospect");
  await joined(BEN, "advisor");
  const [anna, ben] = [page(ANNA), page(BEN)];
  await until(() => ben.call?.state === "ready");
  void ben.relay.send("session.accepted", { name: "Ben", title: "" });
  expect(await until(() => ben.call?.state === "live" && anna.call?.state === "live")).toBe(true);
  return [anna, ben];
}

test("a guest who is let in is connected with both, who stay connected with each other", async () => {
  const [anna, ben] = await talking();
  await joined(CARL, "guest");
  const carl = page(CARL);
  expect(await until(() => open().length === 6)).toBe(true);
  await until(() => shown(carl)?.length === 2);
  expect(anna.party()?.state.news).toMatchObject({ what: "joined", who: { participant: CARL } });
  expect([shown(anna), shown(ben), shown(carl)]).toEqual([[CARL], [CARL], [ANNA, BEN]]);
  expect(sending()).toEqual(Array(6).fill("audio+video"));
  expect([anna.call?.state, ben.call?.state]).toEqual(["live", "live"]);
  expect(carl.party()?.state.people.map((one) => one.participant)).toEqual([ANNA, BEN, CARL]);
});

test("four people have six connections, and of every two the same one offers", async () => {
  await talking();
  await joined(CARL, "guest");
  await joined(DORA, "guest", "interpreter");
  const [carl, dora] = [page(CARL), page(DORA)];
  expect(await until(() => open().length === 12)).toBe(true);
  await pass(3_000);
  expect(open().length).toBe(12);
  expect(PlayedPeerConnection.all.length).toBe(12);
  await until(() => shown(dora)?.length === 3);
  expect([shown(carl), shown(dora)]).toEqual([[ANNA, BEN, DORA], [ANNA, BEN, CARL]]);
});

test("AT-01: whoever is not on the roster gets no connection, whatever they say", async () => {
  const [anna, ben] = await talking();
  await joined(CARL, "guest");
  page(CARL);
  await until(() => open().length === 6);
  server.roles.set(DORA, "guest"); // knows the key, holds no seat
  const dora = page(DORA);
  await pass(2_000);
  void dora.relay.send("call.hello", { instance: "1".repeat(16), to: ANNA });
  void dora.relay.send("call.hello", { instance: "1".repeat(16), to: BEN });
  await pass(5_000);
  expect([shown(anna), shown(ben)]).toEqual([[CARL], [CARL]]);
  expect(open().length).toBe(6);
});

test("what goes over one network is shared by all connections, and given back", async () => {
  const [anna, ben] = await talking();
  const bounds = () => open().flatMap((pc) => pc.most);
  await joined(CARL, "guest");
  page(CARL);
  expect(await until(() => bounds().filter((most) => most === 750_000).length === 6, 1_000)).toBe(true);
  const smaller = () => open().flatMap((pc) => pc.smaller).toSorted();
  // Each sees one other large: prospect and advisor one another, the guest the advisor.
  expect(await until(() => smaller().join() === "1,1,1,2,2,2", 1_000)).toBe(true);
  await server.unseat(CARL, "removed");
  expect(await until(() => open().length === 2 && bounds().every((most) => most === undefined), 1_000)).toBe(true);
  expect([anna.call?.state, ben.call?.state]).toEqual(["live", "live"]);
});

test("whoever is removed is disconnected by everybody at once, and not let in again", async () => {
  const [anna, ben] = await talking();
  await joined(CARL, "guest");
  const carl = page(CARL);
  await until(() => open().length === 6);
  await server.unseat(CARL, "removed");
  expect(await until(() => open().length === 2)).toBe(true);
  expect(anna.party()?.state.news).toMatchObject({ what: "removed", who: { participant: CARL } });
  void carl.relay.send("call.hello", { instance: "1".repeat(16), to: ANNA });
  await pass(3_000);
  expect([shown(anna), shown(ben), open().length]).toEqual([[], [], 2]);
});

test("a reload, of whomever, connects them again, and only once", async () => {
  let [anna] = await talking();
  await joined(CARL, "guest");
  let carl = page(CARL);
  await until(() => open().length === 6);
  carl.close();
  carl = page(CARL);
  expect(await until(() => shown(carl)?.length === 2 && open().length === 6)).toBe(true);
  anna.close();
  anna = page(ANNA);
  expect(await until(() => shown(anna)?.join() === CARL && shown(carl)?.length === 2 && open().length === 6)).toBe(true);
  expect(anna.party()?.state.news, "what was before is no news").toBeNull();
  await pass(3_000);
  expect(open().length).toBe(6);
});

test("a path that cannot be had is tried anew, while the others go on", async () => {
  const [anna, ben] = await talking();
  await joined(CARL, "guest");
  let deaf = true;
  server.bend = (frame, to) => (deaf && to === CARL && frame.kind === "call.description" && frame.sender.startsWith(ANNA) ? null : frame);
  const carl = page(CARL);
  expect(await until(() => shown(carl)?.join() === BEN)).toBe(true);
  await pass(20_000);
  deaf = false;
  expect(await until(() => shown(carl)?.join() === `${ANNA},${BEN}` && shown(anna)?.join() === CARL)).toBe(true);
  expect(ben.call?.state).toBe("live");
});

test("a camera that is switched off sends to nobody any more, and everybody is told", async () => {
  const [anna, ben] = await talking();
  await joined(CARL, "guest");
  const carl = page(CARL);
  await until(() => open().length === 6 && shown(carl)?.length === 2);
  const camera = (page: Page) => page.party()?.state.others.map((one) => one.camera).join();
  carl.devices.switch("camera", false);
  expect(await until(() => camera(anna) === "false" && camera(ben) === "false")).toBe(true);
  anna.devices.switch("camera", false);
  expect(await until(() => camera(carl) === "false,true")).toBe(true);
  expect(sending().filter((kinds) => kinds === "audio").length).toBe(4);
});

test("of a guest's two pages the later one has picture and sound, until the other is chosen", async () => {
  await talking();
  await joined(CARL, "guest");
  const first = page(CARL);
  await until(() => open().length === 6);
  const second = page(CARL);
  expect(await until(() => shown(second)?.length === 2 && first.party()?.elsewhere === true)).toBe(true);
  first.party()?.takeOver();
  expect(await until(() => shown(first)?.length === 2 && second.party()?.elsewhere === true)).toBe(true);
  expect([first.party()?.elsewhere, open().length]).toEqual([false, 6]);
});

test("OB-48: a guest says how the worst of their connections is; it is theirs alone, and the advisor reads it", async () => {
  const [anna, ben] = await talking();
  const [reported, own] = [new Map<string, string>(), () => [anna, ben].map((page) => page.call?.quality?.word).join()];
  ben.relay.on("event", ({ kind, participant, body }) => kind === "quality.report" && reported.set(participant, JSON.stringify(body)));
  await joined(CARL, "guest");
  const carl = page(CARL);
  await until(() => open().length === 6 && shown(carl)?.length === 2);
  for (const pc of PlayedPeerConnection.all) pc.flow = "flowing";
  const word = (page: Page) => page.party()?.state.others.map((one) => one.word).join();
  expect(await until(() => word(ben) === "good" && own() === "good,good")).toBe(true);
  expect(carl.party()?.state.quality).toMatchObject({ word: "good", path: "direct", rtt_ms: 20 });
  const [slow] = carl.devices.peers;
  if (slow) slow.rttMs = 800;
  expect(await until(() => word(ben) === "fair" && word(anna) === "fair")).toBe(true);
  expect(JSON.parse(reported.get(CARL) ?? "{}")).toMatchObject({ rtt_ms: 800, word: "fair", cause: "delay" });
  expect([own(), word(carl)]).toEqual(["good,good", ","]);
});

test("a guest is not judged by whoever is away, and says nothing on a page that does not have the talk", async () => {
  const [anna] = await talking();
  await joined(CARL, "guest");
  const first = page(CARL);
  await until(() => open().length === 6);
  for (const pc of PlayedPeerConnection.all) pc.flow = "flowing";
  anna.close();
  server.deliver({ seq: null, id: "1".repeat(32), sender: "0".repeat(32), kind: "presence.changed", at: 1, body: { participant: ANNA, present: false } } as never);
  for (const pc of anna.devices.peers) pc.fail();
  await pass(10_000);
  expect(first.party()?.state.quality?.word).toBe("good");
  const second = page(CARL);
  await until(() => first.party()?.elsewhere === true && shown(second)?.length === 1);
  const sent = vi.spyOn(first.relay, "send");
  await pass(10_000);
  expect(sent.mock.calls.filter(([kind]) => kind === "quality.report")).toEqual([]);
});

test("OB-02: a guest's screen is ended by whoever sees it, and a guest ends theirs; each reads who did", async () => {
  const [anna, ben] = await talking();
  await joined(CARL, "guest");
  await joined(DORA, "guest");
  const [carl, dora] = [page(CARL), page(DORA)];
  await until(() => shown(carl)?.length === 3 && shown(dora)?.length === 3);
  const screens = (page: Page) => page.party()?.state.others.filter((one) => one.screen).map((one) => one.participant).join();
  const told = (page: Page) => {
    const news = page.party()?.state.news;
    return news?.what === "stopped" ? news.who.participant : null;
  };
  for (const [viewer, who] of [[ben, BEN], [anna, ANNA], [dora, DORA]] as const) {
    carl.devices.show();
    expect(await until(() => [anna, ben, dora].every((page) => screens(page) === CARL))).toBe(true);
    viewer.party()?.stopScreen(CARL);
    expect(await until(() => [anna, ben, dora].every((page) => screens(page) === ""))).toBe(true);
    expect([carl.devices.screen, told(carl)]).toEqual([null, who]);
  }
  ben.devices.show();
  expect(await until(() => screens(carl) === BEN)).toBe(true);
  carl.party()?.stopScreen(BEN);
  expect(await until(() => ben.devices.screen === null && screens(dora) === "")).toBe(true);
  expect([told(ben), told(anna), told(dora)]).toEqual([CARL, null, null]);
});
