/** Guarantee 7: no media before an explicit accept, whatever happens in whatever order (AT-21).
 * Real relay, real peers; network and browser media are played. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as fc from "fast-check";
import type { PlayServer } from "../signaling/network.test.double";
import { type CallPage, callPage, endBrowser, open, Pages, playBrowser } from "./pages.test.double";
import { PlayedPeerConnection } from "./played.test.double";

const ANNA = "a".repeat(16); // the prospect
const BEN = "b".repeat(16);
const CLARA = "c".repeat(16);
let server: PlayServer;
let pages: Pages<CallPage>;

beforeEach(() => {
  playBrowser();
  begin();
});
afterEach(() => {
  pages.close();
  endBrowser();
});

function begin(seed?: number): void {
  pages = new Pages(seed);
  ({ server } = pages);
  server.roles.set(ANNA, "prospect").set(BEN, "advisor").set(CLARA, "advisor");
}

const page = (who: string, options = {}) => callPage(pages, who, options);
const until = (done: () => boolean, rounds?: number) => pages.until(done, rounds);
const pass = (ms: number) => pages.pass(ms);
const accept = (page: CallPage) => page.relay.send("session.accepted", { name: "Ben", title: "" });
const attached = () => PlayedPeerConnection.all.flatMap((pc) => pc.attached);

test("it is connected before anybody accepts, with nothing to send", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  expect(await until(() => anna.call.state === "ready" && ben.call.state === "ready")).toBe(true);
  expect(open().length).toBe(2);
  expect(attached()).toEqual([]);
  expect(anna.call.remote.getTracks().length).toBe(2);
});

test("accepted: both send what is switched on, over the connection that is already there", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  anna.devices.switch("camera", false);
  await until(() => anna.call.state === "ready" && ben.call.state === "ready");
  void accept(ben);
  expect(await until(() => anna.call.state === "live" && ben.call.state === "live")).toBe(true);
  const kinds = PlayedPeerConnection.all.map((pc) => pc.sending.map((track) => track.kind).toSorted().join());
  expect(kinds.toSorted()).toEqual(["audio", "audio,video"]);
  await until(() => !ben.call.remoteDevices.camera);
  expect(ben.call.remoteDevices).toEqual({ camera: false, microphone: true });
  anna.devices.switch("camera", true);
  await until(() => ben.call.remoteDevices.camera);
  ben.devices.switch("camera", false);
  ben.devices.switch("microphone", false);
  await pass(200);
  expect(PlayedPeerConnection.all.map((pc) => pc.sending.length).toSorted()).toEqual([0, 2]);
});

test("the first picture is sent at half its size, and its full size follows at once", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  const smaller = () => open().flatMap((pc) => pc.smaller);
  await until(() => anna.call.state === "ready" && ben.call.state === "ready");
  expect(await until(() => smaller().join() === "2,2")).toBe(true);
  await pass(2_000);
  expect(smaller()).toEqual([2, 2]);
  void accept(ben);
  await until(() => anna.call.state === "live" && ben.call.state === "live");
  expect(smaller()).toEqual([2, 2]);
  expect(await until(() => smaller().join() === "1,1", 10)).toBe(true);
});

test("of two who prepare, the one who was slower is disconnected and never sent", async () => {
  const [anna, ben, clara] = [page(ANNA), page(BEN), page(CLARA)];
  await until(() => open().length === 4);
  void accept(clara);
  await until(() => clara.call.state === "live" && anna.call.state === "live");
  await pass(500);
  expect(open().length).toBe(2);
  expect(ben.devices.peers).toEqual([]);
  expect(ben.call.state).toBe("preparing");
  expect(anna.devices.peers.length).toBe(1);
});

describe("a page that comes anew", () => {
  test.each([ANNA, BEN])("finds the other again, who lets the old one go (%s)", async (who) => {
    page(ANNA);
    const ben = page(BEN);
    await until(() => open().length === 2);
    void accept(ben);
    await until(() => ben.call.state === "live");
    pages.all.find((page) => page.who === who)?.close();
    const again = page(who);
    const other = pages.all.find((page) => page.who !== who)!;
    expect(await until(() => again.call.state === "live" && other.call.state === "live")).toBe(true);
    expect(open().length).toBe(2);
    expect(open().every((pc) => pc.sending.length === 2)).toBe(true);
  });

  test("takes the call over from the page that is still open", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await until(() => ben.call.state === "ready");
    await pass(3_000);
    const second = page(ANNA);
    expect(await until(() => second.call.state === "ready" && anna.call.elsewhere)).toBe(true);
    await pass(20_000);
    expect([anna.call.elsewhere, second.call.elsewhere]).toEqual([true, false]);
    expect(open().length).toBe(2);
  });

  test("F-18: asks first where the other one is connected, and wins when it is chosen, however soon", async () => {
    server.tells = true;
    const [anna, ben] = [page(ANNA), page(BEN)];
    await until(() => ben.call.state === "ready");
    const second = page(ANNA);
    await pass(5_000);
    expect([anna.call.elsewhere, second.call.elsewhere]).toEqual([false, true]);
    for (const [chosen, other] of [[second, anna], [anna, second], [second, anna]] as const) {
      chosen.call.takeOver();
      expect(await until(() => other.call.elsewhere && chosen.call.state === "ready")).toBe(true);
      expect(chosen.call.elsewhere).toBe(false);
    }
    await pass(5_000);
    expect(open().length).toBe(2);
  });

  test("F-17: goes on without a question where it is the same one, reloaded", async () => {
    server.tells = true;
    const [anna, ben] = [page(ANNA), page(BEN)];
    await until(() => ben.call.state === "ready");
    await pass(3_000);
    const reloaded = page(ANNA, { resumed: true });
    expect(await until(() => reloaded.call.state === "ready" && anna.call.elsewhere)).toBe(true);
    expect(reloaded.call.elsewhere).toBe(false);
  });

  test("opened at the same moment: one of them is it, not none", async () => {
    server.weather.delayMs = 400;
    const both = [page(ANNA), page(ANNA)];
    page(BEN);
    expect(await until(() => both.some((page) => page.call.state === "ready"))).toBe(true);
    await pass(5_000);
    expect(both.map((page) => page.call.elsewhere).toSorted()).toEqual([false, true]);
  });
});

test("of an advisor's two pages, the one that accepts shows the talk; the other sends nothing", async () => {
  const [anna, first] = [page(ANNA), page(BEN)];
  await until(() => first.call.state === "ready");
  await pass(3_000);
  const second = page(BEN);
  await until(() => second.call.state === "ready" && first.call.elsewhere);
  void accept(first);
  expect(await until(() => first.call.state === "live" && anna.call.state === "live")).toBe(true);
  await pass(3_000);
  expect([first.call.elsewhere, second.call.elsewhere]).toEqual([false, true]);
  expect(second.devices.peers).toEqual([]);
  expect(open().length).toBe(2);
});

test("a lost sign is said again", async () => {
  let lost = 0;
  server.bend = (frame) => (frame.kind === "call.description" && lost++ < 2 ? null : frame);
  const anna = page(ANNA);
  page(BEN);
  expect(await until(() => anna.call.state === "ready", 100)).toBe(true);
  expect(lost).toBeGreaterThan(2);
});

test("a way that is found while the relay is away is said when it is back, and taken once", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  await until(() => ben.call.state === "ready");
  void accept(ben);
  await until(() => anna.call.state === "live" && ben.call.state === "live");
  const [[hers], [his]] = [anna.devices.peers, ben.devices.peers];
  const ways = [1, 2].map((nth) => `candidate:${nth} 1 udp 1 11.1.0.${nth} 9 typ host`);
  hers?.find(ways[0] ?? "");
  await until(() => his?.taken.length === 1);
  server.cut();
  hers?.find(ways[1] ?? "");
  await until(() => (his?.taken.length ?? 0) > 1);
  await pass(2_000);
  expect(his?.taken).toEqual(ways);
});

test("a path that dies is restarted, and said to be", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  await until(() => ben.call.state === "ready");
  void accept(ben);
  await until(() => anna.call.state === "live");
  for (const pc of open()) pc.fail();
  expect(anna.call.state).toBe("reconnecting");
  expect(await until(() => anna.call.state === "live" && ben.call.state === "live")).toBe(true);
  expect(PlayedPeerConnection.all.some((pc) => pc.restarts > 0)).toBe(true);
});

test("where nothing comes any more, the relay is asked as well, before the path is said to be dead", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  await until(() => ben.call.state === "ready");
  for (const pc of open()) pc.flow = "flowing";
  void accept(ben);
  await until(() => anna.call.state === "live");
  const asked = vi.spyOn(anna.relay, "check");
  await pass(2_000);
  expect(asked).not.toHaveBeenCalled();
  for (const pc of open()) pc.flow = "stopped";
  await until(() => asked.mock.calls.length > 0);
  expect([asked.mock.calls.length, anna.call.state]).toEqual([1, "live"]);
  await until(() => anna.call.state === "reconnecting");
  for (const pc of open()) pc.flow = "flowing";
  expect(await until(() => anna.call.state === "live")).toBe(true);
});

test("the end closes every connection", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  await until(() => ben.call.state === "ready");
  void accept(ben);
  await until(() => anna.call.state === "live");
  void anna.relay.send("session.ended", { reason: "hung_up" });
  await until(() => PlayedPeerConnection.all.every((pc) => pc.connectionState === "closed"));
  expect(PlayedPeerConnection.all.every((pc) => pc.connectionState === "closed")).toBe(true);
});

/** What may happen to a call before anybody accepts, from either side or from a hostile one. */
const happening = fc.oneof(
  fc.constantFrom("close", "open", "cut", "stop", "camera").map((what) => ({ what, sign: null })),
  fc
    .record({
      kind: fc.constantFrom("call.hello", "call.description", "call.candidate", "call.devices"),
      type: fc.constantFrom("offer", "answer"),
      from: fc.constantFrom(ANNA, BEN, CLARA),
      to: fc.constantFrom(ANNA, BEN, CLARA),
      instance: fc.constantFrom("1".repeat(16), "2".repeat(16)),
    })
    .map((sign) => ({ what: "sign", sign })),
);

test("before the accept no track is handed to any sender, in no order of events", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 8 }), fc.nat(), async (story, seed) => {
      pages.close();
      begin(seed);
      page(ANNA);
      page(BEN);
      for (const { what, sign } of story) {
        await pass(200);
        const one = pages.all.at(-1);
        if (what === "open") page(CLARA);
        else if (what === "close") one?.close();
        else if (what === "cut") server.cut();
        else if (what === "stop") one?.call.stop();
        else if (what === "camera") for (const source of ["camera", "microphone"] as const) one?.devices.switch(source, true);
        else if (sign) {
          const { kind, from, to, instance, type } = sign;
          const sender = pages.all.find((page) => page.who === from);
          const sdp = new PlayedPeerConnection();
          await sdp.setLocalDescription();
          const bodies: Record<string, object> = {
            "call.hello": { instance },
            "call.description": { to, instance, type, sdp: sdp.localDescription?.sdp },
            "call.candidate": { to, instance, candidate: "candidate:1 1 udp 1 10.0.0.1 9 typ host", mid: "0", index: 0 },
            "call.devices": { camera: true, microphone: true },
          };
          void sender?.relay.send(kind as "call.hello", bodies[kind] as never);
        }
      }
      await pass(500);
      expect(attached()).toEqual([]);
    }),
    { numRuns: 25 },
  );
}, 60_000);
