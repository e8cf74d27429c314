/** Two people write to each other over a real relay and a played network. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { Conversation } from "./conversation";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);
let time: PlayedTime;
let server: PlayServer;
let relays: Relay[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: 1_000_000 });
  time = new PlayedTime();
  server = new PlayServer(time, seeded(5));
  relays = [];
});
afterEach(() => {
  for (const relay of relays) relay.stop();
  time.close();
  vi.useRealTimers();
});

function page(who: string): Conversation {
  const relay = new Relay({
    admit: async () => server.admission(who),
    wire: () => server.open(),
    clock: time,
    random: seeded(1),
    store: null,
  });
  relays.push(relay);
  const conversation = new Conversation(relay);
  conversation.start();
  relay.start();
  return conversation;
}

/** Let both clocks go on until it is so. */
async function until(done: () => boolean): Promise<void> {
  for (let step = 0; step < 200 && !done(); step += 1) {
    await time.until(done, 100);
    vi.advanceTimersByTime(100);
  }
  expect(done()).toBe(true);
}
const delivery = (one: Conversation) => one.state.lines.map((line) => line.delivery);

test("a message is sending, then sent, received, seen", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  anna.say("Guten Tag");
  expect(delivery(anna)).toEqual(["sending"]);
  await until(() => delivery(anna)[0] === "received");
  expect(ben.state).toMatchObject({ unread: 1, lines: [{ own: false, text: "Guten Tag" }] });
  ben.see();
  expect(ben.state.unread).toBe(0);
  await until(() => delivery(anna)[0] === "seen");
});

test("typing shows, is not repeated with every key, and ends by itself", async () => {
  const [anna, ben] = [page(ANNA), page(BEN)];
  await until(() => relays.every((relay) => relay.status === "open"));
  const sent: string[] = [];
  server.answer = ({ kind }) => (sent.push(String(kind)), null);
  for (let key = 0; key < 10; key += 1) anna.type(true);
  await until(() => ben.state.typing.length > 0);
  expect(sent).toEqual(["chat.typing"]);
  await until(() => ben.state.typing.length === 0);
});

test("what was refused stays, says so, and can be said again", async () => {
  const anna = page(ANNA);
  server.answer = () => ({ ok: false, code: "kind.state" });
  anna.say("zu früh");
  await until(() => delivery(anna)[0] === "failed");
  server.answer = () => null;
  anna.retry(anna.state.lines[0]!.id);
  await until(() => delivery(anna)[0] === "sent");
  expect(anna.state.lines.map((line) => line.text)).toEqual(["zu früh"]);
});
