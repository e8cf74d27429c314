/** The browser says when the network goes and comes; a page that wakes up does not wait. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NotNow } from "./admission";
import { PlayedTime, PlayServer, seeded } from "./network.test.double";
import { Relay } from "./relay";

let time: PlayedTime;
let server: PlayServer;
let relay: Relay;
let online: boolean;
/** How often a ticket was asked for; of the next ones so many are not answered. */
let asked: number;
let unheard: number;
let answering: boolean;

beforeEach(() => {
  time = new PlayedTime();
  server = new PlayServer(time, seeded(2));
  online = true;
  vi.spyOn(navigator, "onLine", "get").mockImplementation(() => online);
  [asked, unheard, answering] = [0, 0, true];
  const admit = async () => {
    asked += 1;
    if (unheard-- > 0) await new Promise(() => undefined);
    if (!answering) throw new NotNow(null);
    return server.admission("a".repeat(16));
  };
  relay = new Relay({ admit, wire: () => server.open(), clock: time, random: seeded(1), store: null });
  relay.start();
});
afterEach(() => {
  relay.stop();
  time.close();
  vi.restoreAllMocks();
});

const reached = (status: string) => time.until(() => relay.status === status, 60_000);
const happens = (on: EventTarget, name: string) => on.dispatchEvent(new Event(name));
const visible = (state: DocumentVisibilityState) => {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  happens(document, "visibilitychange");
};

test("offline is said at once, tried soon at first, and slowly then: browsers are sometimes wrong about it", async () => {
  await reached("open");
  online = false;
  answering = false;
  happens(window, "offline");
  expect([relay.status, relay.offline]).toEqual(["reconnecting", true]);
  expect((relay.nextTryAt ?? 0) - time.now()).toBeLessThanOrEqual(500);
  const since = relay.statusSince;
  await time.until(() => (relay.nextTryAt ?? 0) - time.now() === 5_000, 60_000);
  expect(asked).toBe(1 + 4);
  await time.until(() => false, 4_000);
  expect([relay.status, relay.statusSince, asked]).toEqual(["reconnecting", since, 5]);
});

test("a network that comes up is asked twice: what is said first may be lost", async () => {
  await reached("open");
  unheard = 1;
  const before = time.now();
  happens(window, "online");
  await reached("open");
  expect(asked).toBe(3);
  expect(time.now() - before).toBeLessThan(600);
  await time.until(() => false, 3_000);
  expect(asked).toBe(3);
});

test("online again connects at once, without waiting for its turn", async () => {
  await reached("open");
  online = false;
  happens(window, "offline");
  online = true;
  const before = time.now();
  happens(window, "online");
  await reached("open");
  expect(time.now() - before).toBeLessThan(200);
});

test("over a new network a connection that seems open is not trusted", async () => {
  await reached("open");
  const { connections } = server;
  happens(window, "online");
  await reached("open");
  expect(server.connections).toBe(connections + 1);
});

test("a connection that is doubted is kept where it answers, and given up at once where it does not", async () => {
  relay.check(700); // not connected yet: there is nothing to doubt
  await reached("open");
  const { connections } = server;
  relay.check(700);
  await time.until(() => false, 2_000);
  expect([relay.status, server.connections]).toEqual(["open", connections]);
  server.swallow = () => server.connections === connections;
  relay.check(700);
  const before = time.now();
  await time.until(() => server.connections > connections && relay.status === "open", 60_000);
  expect(time.now() - before).toBeLessThan(1_300);
});

test("a page that is looked at again does not wait; one that is connected does nothing", async () => {
  await reached("open");
  const { connections } = server;
  visible("visible");
  expect(server.connections).toBe(connections);
  server.weather.loss = 1;
  server.cut();
  await time.until(() => false, 30_000);
  expect(relay.nextTryAt).not.toBeNull();
  server.weather.loss = 0;
  visible("hidden");
  expect(relay.status).toBe("reconnecting");
  const before = time.now();
  visible("visible");
  await reached("open");
  expect(time.now() - before).toBeLessThan(200);
});

test("stopped is stopped, whatever the browser says", async () => {
  await reached("open");
  relay.stop();
  const { connections } = server;
  for (const name of ["offline", "online"]) happens(window, name);
  visible("visible");
  await time.until(() => false, 30_000);
  expect([relay.status, server.connections]).toEqual(["closed", connections]);
});

test("the socket's URL carries the hint that keeps a session on one node", async () => {
  const hints: (string | null | undefined)[] = [];
  const hinted = new Relay({
    admit: async () => ({ ...server.admission("b".repeat(16)), affinity: "0f3a9c21" }),
    wire: (_url, affinity) => {
      hints.push(affinity);
      return server.open();
    },
    clock: time,
    random: seeded(3),
    store: null,
  });
  hinted.start();
  await time.until(() => hinted.status === "open", 60_000);
  hinted.stop();
  expect(hints).toEqual(["0f3a9c21"]);
});
