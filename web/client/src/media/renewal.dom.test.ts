/** F-14: a page that comes back over another network finds the other one in another connection, and both
 * stay who they are. Real relay, real peers; network and browser media are played. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CallPage, callPage, endBrowser, open, Pages, playBrowser } from "./pages.test.double";
import { PlayedPeerConnection } from "./played.test.double";

const ANNA = "a".repeat(16); // the prospect
const BEN = "b".repeat(16);
let pages: Pages<CallPage>;

beforeEach(() => {
  playBrowser();
  pages = new Pages();
  pages.server.roles.set(ANNA, "prospect").set(BEN, "advisor");
});
afterEach(() => {
  pages.close();
  endBrowser();
  vi.restoreAllMocks();
});

async function talk() {
  const [anna, ben] = [callPage(pages, ANNA), callPage(pages, BEN)];
  await pages.until(() => ben.call.state === "ready");
  void ben.relay.send("session.accepted", { name: "Ben", title: "" });
  const both = () => anna.call.state === "live" && ben.call.state === "live";
  await pages.until(both);
  for (const pc of open()) pc.flow = "flowing";
  await pages.pass(1_000);
  return { anna, ben, both, lines: [anna.call.line, ben.call.line], before: open() };
}
/** Nothing comes over what there is any more; `who` is told of another network. */
const move = (...who: string[]) => {
  for (const pc of open()) pc.flow = "stopped";
  for (const one of pages.all) if (who.includes(one.who)) pages.server.cut(undefined, one.who);
};
const anew = (before: PlayedPeerConnection[]) => open().length === 2 && open().every((pc) => !before.includes(pc));

test.each([[ANNA], [BEN], [ANNA, BEN]])("finds the other again in another connection, as the same two (%s)", async (...who) => {
  const { both, lines, before, anna, ben } = await talk();
  move(...who);
  expect(await pages.until(() => anew(before) && both(), 50)).toBe(true);
  expect([anna.call.line, ben.call.line]).toEqual(lines);
  expect(open().map((pc) => [pc.sending.length, pc.getTransceivers().length])).toEqual([[2, 2], [2, 2]]);
  expect(anna.call.remote.getTracks().length).toBe(2);
  for (const pc of open()) pc.flow = "flowing";
  await pages.pass(20_000);
  expect(open().length).toBe(2);
  expect(PlayedPeerConnection.all.length).toBeLessThanOrEqual(before.length + 4);
});

test("leaves alone what still arrives, as when only the relay was away", async () => {
  const { before, both } = await talk();
  pages.server.cut();
  await pages.pass(10_000);
  expect([open(), both()]).toEqual([before, true]);
});

test("begins yet another one where the network was another again before it was found", async () => {
  const { before, both, anna } = await talk();
  let silent = true;
  pages.server.bend = (frame) => (silent && frame.kind === "call.description" ? null : frame);
  move(ANNA);
  await pages.until(() => PlayedPeerConnection.all.length > before.length);
  const first = PlayedPeerConnection.all.at(-1);
  await pages.pass(1_000);
  expect(PlayedPeerConnection.all.at(-1)).toBe(first);
  silent = false;
  pages.server.cut(undefined, ANNA);
  expect(await pages.until(() => first?.connectionState === "closed", 30)).toBe(true);
  expect(await pages.until(() => anew(before) && both(), 20)).toBe(true);
  expect(anna.call.state).toBe("live");
});

test("looks for a path in the same connection where the other page knows of no second one", async () => {
  vi.spyOn(PlayedPeerConnection, "generateCertificate").mockRejectedValueOnce(new Error("unknown"));
  const { before } = await talk();
  move(ANNA);
  await pages.until(() => before.some((pc) => pc.restarts > 0));
  expect(before.some((pc) => pc.restarts > 0)).toBe(true);
  expect(PlayedPeerConnection.all.length).toBe(before.length);
});

test("what was said in the connection before is void in the next one, and nobody else's end is taken for theirs", async () => {
  const { anna, ben, before, both } = await talk();
  move(ANNA);
  await pages.until(() => anew(before) && both());
  const [refused, now] = [vi.fn<(code: string) => void>(), open()];
  anna.call.on("refused", refused);
  const stranger = new PlayedPeerConnection();
  await stranger.setLocalDescription();
  const sdp = stranger.localDescription?.sdp ?? "";
  const { instance, toward } = ben.call.line!;
  const body = { to: ANNA, instance, toward, type: "offer", sdp } as const;
  void ben.relay.send("call.description", { ...body, connection: 0 });
  await pages.pass(500);
  expect([refused.mock.calls, open()]).toEqual([[], now]);
  void ben.relay.send("call.description", { ...body, connection: 9 });
  await pages.until(() => refused.mock.calls.length > 0);
  expect(refused).toHaveBeenCalledWith("fingerprint");
});
