/** Promises 1 and 2: it comes back by itself, and nothing is lost, doubled or out of order. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Opened } from "../sessions/opened";
import { AdmissionRefused, NotNow } from "./admission";
import { PlayedTime, PlayServer, seeded } from "./network.test.double";
import { Relay, RelayRefused, type Status, type Trouble } from "./relay";
import type { Store } from "./shelf";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);

let time: PlayedTime;
let server: PlayServer;
let relays: Relay[];

beforeEach(() => {
  time = new PlayedTime();
  server = new PlayServer(time, seeded(1));
  relays = [];
});
afterEach(() => {
  for (const relay of relays) relay.stop();
  time.close();
});

interface Page {
  relay: Relay;
  events: Opened[];
  texts(): string[];
  troubles: Trouble[];
  statuses: Status[];
}

function page(
  who = ANNA,
  random = seeded(7),
  admit = async () => server.admission(who),
  store: Store | null = null,
): Page {
  const relay = new Relay({ admit, wire: () => server.open(), clock: time, random, store });
  relays.push(relay);
  const events: Opened[] = [];
  const [troubles, statuses]: [Trouble[], Status[]] = [[], []];
  relay.on("event", (event) => void events.push(event));
  relay.on("reset", () => void events.splice(0));
  relay.on("integrity", (trouble) => void troubles.push(trouble));
  relay.on("status", (status) => void statuses.push(status));
  relay.start();
  const texts = () => events.flatMap((event) => (event.kind === "chat.message" ? event.body.text : []));
  return { relay, events, texts, troubles, statuses };
}

const say = (page: Page, text: string) => page.relay.send("chat.message", { text });

describe("in fair weather", () => {
  test("what one says, both hear, once and with its place in the log", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    const sent = say(anna, "Guten Tag");
    await time.until(() => ben.texts().length > 0 && anna.relay.pending.length === 0);
    expect(await sent).toMatchObject({ seq: 1 });
    expect([anna.texts(), ben.texts()]).toEqual([["Guten Tag"], ["Guten Tag"]]);
    expect([anna.events[0]?.mine, ben.events[0]?.mine]).toEqual([true, false]);
    expect(anna.statuses).toEqual(["connecting", "open"]);
  });

  test("a passing event reaches the others, not oneself", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await time.until(() => anna.relay.status === "open" && ben.relay.status === "open");
    await anna.relay.send("chat.typing", { on: true });
    await time.until(() => ben.events.length > 0);
    await time.until(() => false, 1_000);
    expect(ben.events.map((event) => event.kind)).toEqual(["chat.typing"]);
    expect(anna.events).toEqual([]);
  });

  test("who comes later hears everything from the first event", async () => {
    const anna = page(ANNA);
    for (const text of ["1", "2", "3"]) void say(anna, text);
    await time.until(() => anna.texts().length === 3);
    const ben = page(BEN);
    await time.until(() => ben.texts().length === 3);
    expect(ben.texts()).toEqual(["1", "2", "3"]);
    expect(ben.troubles).toEqual([]);
  });

  test("a page that says much stays below what the server takes as an attack", async () => {
    const anna = page(ANNA);
    await time.until(() => anna.relay.status === "open");
    const [began, stamps]: [number, number[]] = [time.now(), []];
    server.answer = () => (stamps.push(time.now()), null);
    for (let n = 0; n < 150; n += 1) void say(anna, String(n));
    await time.until(() => anna.texts().length === 150);
    let tokens = 60;
    let last = began;
    for (const at of stamps) {
      tokens = Math.min(60, tokens + ((at - last) / 1000) * 20) - 1;
      last = at;
      expect(tokens).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("in a storm", () => {
  test.each(Array.from({ length: 25 }, (_, seed) => seed))("nothing is lost or doubled (seed %i)", async (seed) => {
    const random = seeded(seed);
    server = new PlayServer(time, random);
    server.weather = { loss: 0.06, twice: 0.2, delayMs: 400 };
    const pages = [page(ANNA, random), page(BEN, random), page(ANNA, random)];
    const said: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      for (const [at, page] of pages.entries()) {
        said.push(`${at}:${n}`);
        void say(page, `${at}:${n}`);
      }
      await time.until(() => false, random() * 3_000);
    }
    expect(await time.until(() => pages.every((page) => page.texts().length >= said.length))).toBe(true);
    await time.until(() => pages.every((page) => page.relay.pending.length === 0));
    for (const page of pages) {
      expect(page.events.map((event) => event.seq)).toEqual(server.log.map((frame) => frame.seq));
      expect(page.texts()).toEqual(pages[0]!.texts());
      expect(page.troubles).toEqual([]);
    }
    expect(pages[0]!.texts().toSorted()).toEqual(said.toSorted());
    for (const at of [0, 1, 2]) {
      const own = pages[0]!.texts().filter((text) => text.startsWith(`${at}:`));
      expect(own).toEqual(own.toSorted());
    }
  });

  test("what is said while disconnected is said afterwards, under the same id", async () => {
    const anna = page(ANNA);
    await time.until(() => anna.relay.status === "open");
    server.weather.loss = 1;
    server.cut();
    await time.until(() => anna.relay.status === "reconnecting");
    void say(anna, "noch da?");
    const id = anna.relay.pending[0]?.id;
    await time.until(() => false, 20_000);
    expect(anna.relay.pending).toMatchObject([{ id, state: "queued" }]);
    server.weather.loss = 0;
    await time.until(() => anna.texts().length > 0);
    expect(server.log.map((frame) => frame.id)).toEqual([id]);
    expect(anna.relay.pending).toEqual([]);
  });

  test("an acknowledgement that got lost does not say it twice", async () => {
    const anna = page(ANNA);
    await time.until(() => anna.relay.status === "open");
    void say(anna, "einmal");
    server.bend = () => (server.cut(), null); // logged, but neither echo nor ack arrives
    await time.until(() => server.log.length > 0);
    server.bend = (frame) => frame;
    await time.until(() => anna.texts().length > 0 && anna.relay.pending.length === 0);
    expect(server.log.length).toBe(1);
    void say(anna, "zweimal");
    await time.until(() => anna.texts().length === 2);
    expect(anna.troubles).toEqual([]);
  });

  test("a gap in what comes is closed by joining again", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await time.until(() => ben.relay.status === "open" && anna.relay.status === "open");
    let swallow = true;
    server.bend = (frame, who) => {
      if (who !== BEN || frame.seq !== 1 || !swallow) return frame;
      swallow = false;
      return null;
    };
    void say(anna, "eins");
    void say(anna, "zwei");
    await time.until(() => ben.texts().length === 2);
    expect(ben.texts()).toEqual(["eins", "zwei"]);
    expect(ben.troubles).toEqual([]);
  });

  test("F-27: it waits anywhere below a ceiling that doubles, and says when it tries again", async () => {
    const asked: number[] = [];
    const anna = page(ANNA, seeded(3), async () => {
      asked.push(time.now());
      throw new NotNow(null);
    });
    await time.until(() => asked.length >= 12);
    const waits = asked.slice(1).map((at, index) => at - asked[index]!);
    for (const [failures, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(500 * 2 ** failures);
    expect(Math.max(...waits)).toBeLessThanOrEqual(8_000);
    expect(Math.max(...waits)).toBeGreaterThan(4_000);
    expect(anna.relay.status).toBe("connecting");
    expect(anna.relay.nextTryAt).toBeGreaterThan(time.now());
  });
});

describe("F-28: a node that leaves", () => {
  test("asks its pages to come back: at once, without an alarming word, with all that was said", async () => {
    const [anna, ben] = [page(ANNA, seeded(1)), page(BEN, seeded(2))];
    await time.until(() => anna.relay.status === "open" && ben.relay.status === "open");
    const [statuses, asked] = [[] as string[], server.connections];
    anna.relay.on("status", (status) => void statuses.push(status));
    const said = say(anna, "mitten im Satz");
    server.cut(1012);
    const before = time.now();
    await time.until(() => ben.texts().length === 1);
    expect(time.now() - before).toBeLessThan(250);
    expect([statuses, server.connections - asked]).toEqual([["moving", "open"], 2]);
    await time.until(() => anna.relay.pending.length === 0);
    expect((await said).seq).toBe(1);
  });

  test("and is back after a moment: until then pages wait, and after eight seconds they say so", async () => {
    let away = false;
    const anna = page(ANNA, seeded(1), async () => {
      if (away) throw new NotNow(1_000);
      return server.admission(ANNA);
    });
    await time.until(() => anna.relay.status === "open");
    away = true;
    server.cut(1012);
    await time.until(() => anna.relay.status !== "open");
    const left = time.now();
    await time.until(() => anna.relay.status === "reconnecting");
    expect(time.now() - left).toBeGreaterThan(7_900);
    expect(time.now() - left).toBeLessThan(10_000);
    away = false;
    expect(await time.until(() => anna.relay.status === "open", 2_000)).toBe(true);
  });
});

describe("F-36: a connection that lives and carries nothing", () => {
  test("is given up within twenty seconds, and what was said over it is said again", async () => {
    const anna = page(ANNA, seeded(1));
    await time.until(() => anna.relay.status === "open");
    let wedged = true;
    const deaf = server.connections;
    server.swallow = () => wedged;
    const since = time.now();
    await time.until(() => anna.relay.status !== "open", 60_000);
    expect(time.now() - since).toBeLessThan(20_000);
    wedged = false;
    void say(anna, "hört mich jemand?");
    await time.until(() => anna.relay.pending.length === 0);
    expect([anna.texts(), server.connections]).toEqual([["hört mich jemand?"], deaf + 1]);
  });

  test("one that is answered stays, however long nobody says anything", async () => {
    const anna = page(ANNA, seeded(1));
    await time.until(() => anna.relay.status === "open");
    await time.until(() => false, 600_000);
    expect([anna.relay.status, server.connections]).toEqual(["open", 1]);
  });
});

describe("the server says no", () => {
  test("to the page: it stops, and what was to be said is given back", async () => {
    const relay = page(ANNA, seeded(1), async () => {
      throw new AdmissionRefused(404, "not.found", "");
    }).relay;
    const refused: unknown[] = [];
    relay.on("refused", (refusal) => void refused.push(refusal));
    await expect(relay.send("chat.message", { text: "hallo" })).rejects.toThrow(RelayRefused);
    expect(relay.status).toBe("refused");
    expect(refused).toEqual([{ id: null, kind: null, code: "not.found" }]);
  });

  test("to one event: the next ones go on, and no chain breaks", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await time.until(() => anna.relay.status === "open");
    server.answer = ({ kind }) => (kind === "session.accepted" ? { ok: false, code: "session.taken" } : null);
    const taken = anna.relay.send("session.accepted", { name: "Anna", title: "" });
    void say(anna, "weiter");
    await time.until(() => ben.texts().length > 0);
    await expect(taken).rejects.toMatchObject({ code: "session.taken" });
    expect(ben.texts()).toEqual(["weiter"]);
    expect(ben.troubles).toEqual([]);
  });

  test("not now: it tries again with the same bytes", async () => {
    const anna = page(ANNA);
    const seen: unknown[] = [];
    server.answer = ({ sealed }) => (seen.push(sealed) < 3 ? { ok: false, code: "retry" } : null);
    void say(anna, "bitte");
    await time.until(() => anna.texts().length > 0);
    expect(new Set(seen).size).toBe(1);
    expect(seen.length).toBe(3);
  });

  test("a body that no page would send never leaves this one", async () => {
    const anna = page(ANNA);
    await expect(say(anna, "x".repeat(4001))).rejects.toMatchObject({ code: "body.invalid" });
  });
});

describe("a relay that cheats", () => {
  test("by dropping an event and closing the gap is noticed", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await time.until(() => ben.relay.status === "open" && anna.relay.status === "open");
    for (const text of ["1", "2", "3"]) void say(anna, text);
    server.bend = (frame, who) => {
      if (who !== BEN || frame.seq === null || frame.seq === 1) return frame;
      return frame.seq === 2 ? null : { ...frame, seq: frame.seq - 1 };
    };
    await time.until(() => ben.texts().length === 2);
    expect(ben.troubles.map((trouble) => trouble.reason)).toEqual(["order"]);
  });

  test("by altering, moving or claiming is noticed, and the rest goes on", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await time.until(() => ben.relay.status === "open" && anna.relay.status === "open");
    server.bend = (frame, who) => {
      if (who !== BEN) return frame;
      if (frame.seq === 1) return { ...frame, kind: "consent.changed" };
      if (frame.seq === 2) return { ...frame, sealed: "QUJD" };
      return frame;
    };
    for (const text of ["1", "2", "3"]) void say(anna, text);
    await time.until(() => ben.texts().length === 1);
    expect(ben.texts()).toEqual(["3"]);
    expect(ben.troubles.map((trouble) => trouble.reason).slice(0, 2)).toEqual(["unreadable", "unreadable"]);
  });

  test("by playing a passing event again is not believed", async () => {
    const [anna, ben] = [page(ANNA), page(BEN)];
    await time.until(() => ben.relay.status === "open" && anna.relay.status === "open");
    server.bend = (frame, who) => {
      if (who === BEN) setTwice(frame);
      return frame;
    };
    const setTwice = (frame: Parameters<PlayServer["deliver"]>[0]) => {
      server.bend = (other) => other;
      time.after(50, () => server.deliver(frame));
    };
    await anna.relay.send("chat.typing", { on: true });
    await time.until(() => ben.events.length > 1, 5_000);
    expect(ben.events.length).toBe(1);
  });

  test("by clear text where it should be sealed, or a word of the server's, is not believed", async () => {
    const ben = page(BEN);
    await time.until(() => ben.relay.status === "open");
    const frame = { seq: null, id: "1".repeat(32), sender: ANNA + ANNA, at: 1 };
    server.deliver({ ...frame, seq: 1, kind: "chat.message", epoch: 1, body: { text: "trau mir" } });
    server.deliver({ ...frame, kind: "presence.changed", body: { participant: BEN, present: false } });
    await time.until(() => ben.troubles.length === 2);
    expect(ben.troubles.map((trouble) => trouble.reason)).toEqual(["unreadable", "sender"]);
    expect(ben.events).toEqual([]);
  });
});

test("another log: everything is forgotten and told again", async () => {
  const anna = page(ANNA);
  for (const text of ["1", "2", "3"]) void say(anna, text);
  await time.until(() => anna.texts().length === 3);
  server.log.length = 1; // a backup was restored
  server.logEpoch = "second";
  server.cut();
  await time.until(() => anna.relay.status === "open" && anna.texts().length === 1);
  void say(anna, "neu");
  await time.until(() => anna.texts().length === 2);
  expect(anna.texts()).toEqual(["1", "neu"]);
  expect(anna.troubles).toEqual([]);
});

describe("a guest", () => {
  const CARL = "c".repeat(16);
  const DORA = "d".repeat(16);
  const seat = (participant: string, role: "prospect" | "advisor" | "guest", name: string) =>
    server.seat({ participant, role, name, stage: "seated" });

  test("hears the log from their own joining on, and before it who sits there", async () => {
    await seat(ANNA, "prospect", "Anna");
    await seat(BEN, "advisor", "Ben");
    const anna = page(ANNA);
    void say(anna, "Nur für Ben");
    await time.until(() => anna.texts().length === 1);
    await seat(CARL, "guest", "Carl");
    const carl = page(CARL);
    void say(anna, "Guten Tag, Carl");
    await time.until(() => carl.texts().length > 0);
    expect(carl.texts()).toEqual(["Guten Tag, Carl"]);
    const names = carl.events.flatMap((event) => (event.kind === "participant.joined" ? event.body.name : []));
    expect(names).toEqual(["Anna", "Ben", "Carl"]);
    expect(carl.events.map((event) => event.seq)).toEqual([null, null, 4, 5]);
    expect(carl.troubles, "Anna's chain began before").toEqual([]);
  });

  test("misses nothing and notices a relay that drops, from the first event of each on", async () => {
    await seat(ANNA, "prospect", "Anna");
    await seat(CARL, "guest", "Carl");
    await seat(DORA, "guest", "Dora");
    const [anna, carl] = [page(ANNA), page(CARL)];
    void say(anna, "eins");
    await time.until(() => carl.texts().length === 1);
    server.cut();
    void say(anna, "zwei");
    await time.until(() => carl.texts().length === 2);
    server.bend = (frame, to) => {
      if (to !== CARL || frame.seq === null || frame.seq < 6) return frame;
      return frame.seq === 6 ? null : { ...frame, seq: frame.seq - 1 };
    };
    void say(anna, "drei");
    void say(anna, "vier");
    await time.until(() => carl.texts().includes("vier"));
    expect(carl.troubles.map(({ reason }) => reason)).toEqual(["order"]);
  });

  test("is told another log from their joining on as well", async () => {
    await seat(ANNA, "prospect", "Anna");
    const anna = page(ANNA);
    void say(anna, "davor");
    await time.until(() => anna.texts().length === 1);
    await seat(CARL, "guest", "Carl");
    const carl = page(CARL);
    void say(anna, "danach");
    await time.until(() => carl.texts().length === 1);
    server.logEpoch = "second";
    server.cut();
    await time.until(() => carl.statuses.at(-1) === "open" && carl.texts().length === 1);
    expect(carl.texts()).toEqual(["danach"]);
    expect(carl.events.flatMap((event) => (event.kind === "participant.joined" ? event.body.name : []))).toEqual(["Anna", "Carl"]);
  });
});

test("leaving tells the server and ends it", async () => {
  const anna = page(ANNA);
  await time.until(() => anna.relay.status === "open");
  const left = anna.relay.leave();
  await time.until(() => anna.relay.status === "closed");
  await left;
  const { connections } = server;
  await time.until(() => false, 60_000);
  expect(server.connections).toBe(connections);
});

describe("a page that is loaded anew", () => {
  let kept: Map<string, string>;
  let store: Store;
  const admit = async () => server.admission(ANNA);

  beforeEach(() => {
    kept = new Map();
    store = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  });

  /** Say three things that never get an answer, and go away like a closed page does. */
  async function interrupted(heard: boolean): Promise<void> {
    const first = page(ANNA, seeded(1), admit, store);
    await time.until(() => first.relay.status === "open");
    server.weather = heard ? { ...server.weather, delayMs: 50 } : { ...server.weather, loss: 1 };
    for (const text of ["1", "2", "3"]) void say(first, text);
    await time.until(() => server.log.length > 0, heard ? 60 : 0);
    first.relay.stop();
    server.weather = { loss: 0, twice: 0, delayMs: 0 };
  }

  test("says what was typed before and not yet sent, in its order", async () => {
    await interrupted(false);
    expect(kept.size).toBe(1);
    const second = page(ANNA, seeded(2), admit, store);
    void say(second, "4");
    await time.until(() => second.texts().length === 4);
    expect(second.texts()).toEqual(["1", "2", "3", "4"]);
    await time.until(() => second.relay.pending.length === 0);
    expect(kept.size).toBe(0);
  });

  test("does not say again what the log has already", async () => {
    await interrupted(true);
    const second = page(ANNA, seeded(2), admit, store);
    await time.until(() => second.texts().length === 3 && second.relay.pending.length === 0);
    expect(second.texts()).toEqual(["1", "2", "3"]);
    expect(server.log.length).toBe(3);
  });

  test("may say once more, under its id, what it said before: it is told once, and both are answered", async () => {
    const first = page(ANNA, seeded(1), admit, store);
    await time.until(() => first.relay.status === "open");
    server.weather = { ...server.weather, loss: 1 };
    const [id, body] = ["e".repeat(32), { text: "1" }];
    void first.relay.send("chat.message", body, id);
    await time.until(() => kept.size > 0);
    first.relay.stop();
    server.weather = { loss: 0, twice: 0, delayMs: 0 };
    const second = page(ANNA, seeded(2), admit, store);
    const again = second.relay.send("chat.message", body, id);
    await time.until(() => second.texts().length === 1 && second.relay.pending.length === 0);
    expect(await again).toEqual({ id, seq: 1 });
    expect(server.log.map((frame) => frame.id)).toEqual([id]);
  });

  test("leaves nothing readable in the tab, and nothing to another session", async () => {
    await interrupted(false);
    expect([...kept.values()].join()).not.toContain("text");
    const elsewhere = async () => ({ ...server.admission(ANNA), session: "c".repeat(32) });
    const other = page(ANNA, seeded(2), elsewhere, store);
    await time.until(() => other.relay.admission !== null, 5_000);
    expect(other.relay.pending).toEqual([]);
    expect(kept.size).toBe(0);
  });
});
