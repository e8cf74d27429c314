/** What one draws, all see: once it is settled for good, and meanwhile as it comes about; whatever
 * the network does, everybody's board is the same. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ContentKey, fromBase64, open, randomHex, seal, sha256, toBase64, ZEROS, type Bytes, type Header } from "../sessions/envelope";
import { SERVER, type Role } from "../sessions/events";
import type { Store } from "../signaling/shelf";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { Board, type Notice } from "./board";
import { Kept } from "./kept";
import { Paper } from "./paper.test.double";
import { clean, type Element } from "./scene";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);

let time: PlayedTime;
let server: PlayServer;
let pages: Page[];
let previous: Bytes;
let said: number;

beforeEach(async () => {
  time = new PlayedTime();
  server = new PlayServer(time, seeded(1));
  [pages, previous, said] = [[], ZEROS, 0];
  await has(ANNA, "prospect", "Anna");
  await has(BEN, "advisor", "Ben");
});
afterEach(() => {
  for (const page of pages) page.close();
  time.close();
});

/** The server says who has a seat. */
async function has(participant: string, role: Role, name: string): Promise<void> {
  server.roles.set(participant, role);
  const kind = "participant.joined";
  const header = { session: server.session, sender: SERVER + "1".repeat(16), id: randomHex(32), kind, epoch: 1 } as const;
  const key = await ContentKey.from(server.contentKey, server.session);
  const bytes = await seal(key, header, { participant, role, name, stage: "seated" }, said, previous);
  [previous, said] = [await sha256(bytes), said + 1];
  server.log.push({ ...header, seq: server.log.length + 1, at: time.now(), sealed: toBase64(bytes) });
}

class Page {
  readonly relay: Relay;
  readonly board: Board;
  readonly notices: Notice[] = [];
  paper: Paper;
  detach = () => {};

  constructor(who: string, name: string, seed = 7, store: Store | null = null) {
    const random = seeded(seed);
    this.relay = new Relay({ admit: async () => server.admission(who), wire: () => server.open(), clock: time, random, store });
    this.board = new Board({ relay: this.relay, clock: time, kept: new Kept(store) });
    this.board.on("notice", (notice) => void this.notices.push(notice));
    this.paper = new Paper(name, random);
    this.board.start();
    this.relay.start();
    pages.push(this);
  }

  open(): this {
    this.detach = this.paper.on(this.board);
    return this;
  }

  close(): void {
    this.detach();
    this.board.stop();
    this.relay.stop();
  }

  get ready(): boolean {
    return this.relay.status === "open" && this.board.state.settled;
  }
}

const calm = (ms = 60_000) => time.until(() => pages.every((page) => page.ready && page.relay.pending.length === 0), ms);
const changes = () => server.log.filter((frame) => frame.kind === "board.changed");

async function twoPages(): Promise<[Page, Page]> {
  const both: [Page, Page] = [new Page(ANNA, "anna", 3).open(), new Page(BEN, "ben", 4).open()];
  await calm();
  return both;
}

/** Everybody has the same scene, and sees it. */
async function allAlike(): Promise<void> {
  await time.until(() => false, 100); // what is on its way has arrived
  const [first, ...others] = pages as [Page, ...Page[]];
  const hash = await first.board.hash();
  for (const page of others) expect(await page.board.hash()).toBe(hash);
  for (const page of pages) expect(page.paper.state()).toEqual(first.paper.state());
}

/** A tab's storage. */
class Tab implements Store {
  #held = new Map<string, string>();

  getItem(name: string): string | null {
    return this.#held.get(name) ?? null;
  }

  setItem(name: string, value: string): void {
    this.#held.set(name, value);
  }

  removeItem(name: string): void {
    this.#held.delete(name);
  }

  /** What a page finds that is loaded now. */
  now(): Tab {
    const other = new Tab();
    other.#held = new Map(this.#held);
    return other;
  }
}

describe("a reload while the line is away", () => {
  /** Anna draws four things, one of which all have; the line goes; she goes on, and reloads. */
  async function reloaded(meanwhile: (ben: Page, known: string) => void = () => {}): Promise<{ page: Page; ids: string[]; shown: string[]; tab: Tab }> {
    const tab = new Tab();
    const anna = new Page(ANNA, "anna", 3, tab).open();
    const ben = new Page(BEN, "ben", 4).open();
    await calm();
    const known = anna.paper.draw();
    await calm();
    server.swallow = () => true;
    const flying = anna.paper.draw();
    await time.until(() => false, 500);
    const ids = [known, flying, anna.paper.draw(), anna.paper.draw(), anna.paper.draw()];
    anna.paper.change(known, { x: 5 });
    anna.paper.remove(ids[4] as string);
    anna.paper.begin(); // in her hand, and so not settled
    await time.until(() => false, 500);
    const shown = anna.paper.state().filter((one) => ids.some((id) => one.startsWith(`${id}:`)));
    const left = tab.now();
    // Between two writes, what just went into an event is kept twice.
    const seat = { session: server.session, epoch: 1, contentKey: server.contentKey };
    const twice = clean(anna.paper.all.get(flying)) as Element;
    await new Kept(left).keep(seat, [twice, ...(await new Kept(left).take(seat))]);
    pages = pages.filter((page) => page !== anna);
    anna.close();
    server.cut();
    server.swallow = () => false;
    meanwhile(ben, known);
    await calm();
    const page = new Page(ANNA, "anna2", 5, left).open();
    await calm();
    return { page, ids, shown, tab: left };
  }

  test("costs nothing that was settled", async () => {
    const { page, shown, tab } = await reloaded();
    expect(page.paper.state()).toEqual(shown);
    expect(shown).toHaveLength(4);
    await allAlike();
    expect([tab.getItem("visavis.board"), tab.getItem("visavis.unsent")]).toEqual([null, null]);
  });

  test("and says nothing twice, and the oldest first", async () => {
    const { ids } = await reloaded();
    const key = await ContentKey.from(server.contentKey, server.session);
    const said: string[] = [];
    for (const frame of changes()) {
      const header = { ...frame, session: server.session, epoch: 1 } as Header;
      const { body } = await open(key, header, fromBase64(frame.sealed as string));
      said.push(...(body as { elements: { id: string; version: number }[] }).elements.map(({ id, version }) => `${id} ${version}`));
    }
    const [known, flying, ...others] = ids;
    expect(said).toEqual([`${known} 1`, `${flying} 1`, `${known} 2`, ...others.slice(0, 2).map((id) => `${id} 1`)]);
  });

  test("what somebody else made of it later stays", async () => {
    const { page, ids } = await reloaded((ben, known) => {
      for (let n = 0; n < 3; n += 1) ben.paper.change(known, { x: 700 + n });
    });
    await allAlike();
    expect(page.paper.all.get(ids[0] as string)).toMatchObject({ x: 702, version: 4 });
  });

  test("what may not be drawn any more is taken back, with a word", async () => {
    const { page, ids } = await reloaded((ben) => {
      void ben.relay.send("board.led", { open: true, leader: BEN, locked: true });
    });
    await allAlike();
    expect(page.paper.seen()).toEqual([ids[0]]);
    expect(page.notices).toContain("locked");
  });

  test("nobody reads it in the tab, and it opens under no other key", async () => {
    const { tab } = await reloaded();
    const seat = { session: server.session, epoch: 1, contentKey: server.contentKey };
    const element = clean({ id: "secret", type: "text", text: "Kontonummer", x: 0, y: 0, width: 1, height: 1, version: 1, versionNonce: 1 }) as Element;
    const kept = new Kept(tab);
    await kept.keep(seat, [element]);
    expect(tab.getItem("visavis.board")).not.toMatch(/secret|Kontonummer/);
    expect(await new Kept(tab.now()).take(seat)).toEqual([element]);
    expect(await new Kept(tab.now()).take({ ...seat, contentKey: new Uint8Array(32) })).toEqual([]);
    expect(await new Kept(tab.now()).take({ ...seat, session: "f".repeat(32) })).toEqual([]);
    kept.clear();
    expect(tab.getItem("visavis.board")).toBeNull();
  });
});

test("closed and opened again before it is said, it is still there", async () => {
  const [anna] = await twoPages();
  server.swallow = () => true;
  const ids = [anna.paper.draw(), anna.paper.draw()];
  anna.detach();
  anna.paper = new Paper("again", seeded(9));
  anna.open();
  expect(anna.paper.seen()).toEqual(ids);
  server.swallow = () => false;
  await calm();
  await allAlike();
  expect(anna.paper.seen()).toEqual(ids);
});

test("whoever came before the board was there is here", () => {
  const page = new Page(ANNA, "anna");
  const facts = { id: "1".repeat(32), sender: SERVER + SERVER, participant: SERVER, at: 0, mine: false };
  const seat = { participant: BEN, role: "advisor", name: "Ben", stage: "seated" } as const;
  page.relay.roster = [{ ...seat, present: false }];
  const board = new Board({ relay: page.relay, clock: time });
  board.start({
    events: [
      { ...facts, seq: 1, kind: "participant.joined", body: seat },
      { ...facts, seq: null, kind: "presence.changed", body: { participant: BEN, present: true } },
    ],
    seq: 1,
    head: 1,
  });
  expect(board.isHere(BEN)).toBe(true);
  board.stop();
});

describe("settled", () => {
  test("both draw, both see it, and it is logged once", async () => {
    const [anna, ben] = await twoPages();
    anna.paper.draw();
    ben.paper.draw();
    await calm();
    expect(anna.paper.seen()).toEqual(["anna-1", "ben-1"]);
    expect(changes()).toHaveLength(2);
    await allAlike();
  });

  test("what is changed while an event is on its way goes with the next one, all of it together", async () => {
    const [anna] = await twoPages();
    const [one, two] = [anna.paper.draw(), anna.paper.draw()];
    for (let n = 0; n < 20; n += 1) anna.paper.change(one, { x: n });
    anna.paper.change(two, { x: 7 });
    await calm();
    expect(changes()).toHaveLength(2);
    await allAlike();
  });

  test("two change the same thing at once: one of them has it, for both", async () => {
    const [anna, ben] = await twoPages();
    const id = anna.paper.draw();
    await calm();
    anna.paper.change(id, { x: 1 });
    ben.paper.change(id, { x: 2 });
    await calm();
    expect([1, 2]).toContain(anna.board.scene.get(id)?.x);
    await allAlike();
  });

  test("what was never logged is not taken back in the log", async () => {
    const [anna] = await twoPages();
    const id = anna.paper.begin();
    anna.paper.remove(id);
    anna.paper.finish(id);
    await calm();
    expect(changes()).toHaveLength(0);
  });

  test("whoever has hold of something keeps it until they let go", async () => {
    const [anna, ben] = await twoPages();
    const id = anna.paper.draw();
    await calm();
    ben.paper.held.add(id);
    anna.paper.change(id, { x: 500 });
    await time.until(() => (ben.board.scene.get(id)?.x ?? 0) === 500);
    await time.until(() => false, 100);
    expect(ben.paper.all.get(id)?.["x"]).not.toBe(500);
    ben.paper.finish(id);
    await calm();
    expect(ben.paper.all.get(id)?.["x"]).toBe(500);
    await allAlike();
  });

  test("a late page, and one that opens its board later, see all of it", async () => {
    const [anna] = await twoPages();
    for (let n = 0; n < 5; n += 1) anna.paper.draw();
    await calm();
    const late = new Page(ANNA, "late", 9);
    await calm();
    late.open();
    await allAlike();
    expect(late.paper.taken).toBe(1);
  });

  test("what is not logged yet when the board is closed gets there all the same", async () => {
    const [anna] = await twoPages();
    anna.paper.draw();
    anna.paper.draw();
    anna.detach();
    await time.until(() => changes().length === 2);
    await calm();
    anna.open();
    expect(anna.paper.seen()).toHaveLength(2);
  });
});

describe("in progress", () => {
  const stroke = (points: number) => ({
    type: "freedraw",
    points: Array.from({ length: points }, (_, n) => [n, n % 7]),
    pressures: [],
    simulatePressure: true,
  });

  test("a stroke is seen while it is drawn, and only its new points travel", async () => {
    const [anna, ben] = await twoPages();
    const sent: { points: number; from: number | undefined }[] = [];
    ben.relay.on("event", (event) => {
      if (event.kind !== "board.stroke") return;
      const { points } = event.body.element as unknown as { points: unknown[] };
      sent.push({ points: points.length, from: event.body.from });
    });
    const id = anna.paper.begin(stroke(10));
    for (let n = 20; n <= 100; n += 10) {
      anna.paper.change(id, stroke(n));
      await time.until(() => false, 45);
    }
    await time.until(() => false, 200);
    expect(ben.paper.all.get(id)?.["points"]).toHaveLength(100);
    expect(changes()).toHaveLength(0);
    expect(sent.reduce((sum, { points }) => sum + points, 0)).toBe(100);
    expect(sent.length).toBeLessThanOrEqual(14);
    anna.paper.finish(id);
    await calm();
    expect(changes()).toHaveLength(1);
    await allAlike();
  });

  test("others' strokes are not sent as one's own", async () => {
    const [anna, ben] = await twoPages();
    const id = anna.paper.begin(stroke(10));
    await time.until(() => ben.paper.all.has(id));
    anna.paper.change(id, stroke(20));
    ben.paper.draw();
    await time.until(() => changes().length > 0);
    await time.until(() => false, 300);
    expect(changes()).toHaveLength(1);
    expect(ben.board.scene.has(id)).toBe(false);
  });

  test("a stroke whose drawer is gone goes as well", async () => {
    const [anna, ben] = await twoPages();
    const id = anna.paper.begin(stroke(10));
    await time.until(() => ben.paper.all.has(id));
    anna.close();
    expect(await time.until(() => !ben.paper.all.has(id), 30_000)).toBe(true);
  });

  test("a change in progress that comes to nothing leaves what everybody has", async () => {
    const [anna, ben] = await twoPages();
    const id = anna.paper.draw({ x: 1 });
    await calm();
    anna.paper.held.add(id);
    anna.paper.change(id, { x: 2 });
    await time.until(() => ben.paper.all.get(id)?.["x"] === 2);
    anna.close();
    expect(await time.until(() => ben.paper.all.get(id)?.["x"] === 1, 30_000)).toBe(true);
  });

  test("pointers carry a name, and lapse", async () => {
    const [anna, ben] = await twoPages();
    for (let n = 0; n < 50; n += 1) {
      anna.board.pointed({ x: n, y: 0, tool: "pointer", down: false });
      await time.until(() => false, 5);
    }
    await time.until(() => ben.paper.pointers[0]?.x === 49);
    expect(ben.paper.pointers).toMatchObject([{ participant: ANNA, name: "Anna", x: 49 }]);
    expect(await time.until(() => ben.paper.pointers.length === 0, 20_000)).toBe(true);
  });
});

describe("refused", () => {
  const lock = (locked: boolean) => pages[1]!.relay.send("board.led", { open: true, leader: null, locked });

  test("whoever may not draw is told, and sees what everybody sees", async () => {
    const [anna] = await twoPages();
    const id = anna.paper.draw({ x: 1 });
    await calm();
    anna.paper.change(id, { x: 2 }); // on its way while the board is locked
    void lock(true);
    await time.until(() => !anna.board.state.mayDraw);
    anna.paper.draw();
    await calm();
    expect(anna.notices).toContain("locked");
    expect(anna.paper.seen()).toEqual([id]);
    await allAlike();
    void lock(false);
    await time.until(() => anna.board.state.mayDraw);
    anna.paper.draw();
    await calm();
    expect(anna.paper.seen()).toHaveLength(2);
    await allAlike();
  });

  test("an event that crossed the lock is taken back on its own page, too", async () => {
    const [anna] = await twoPages();
    void lock(true);
    await time.until(() => server.log.some((frame) => frame.kind === "board.led"));
    anna.paper.draw();
    await calm();
    expect(anna.notices).toContain("locked");
    expect(anna.paper.seen()).toEqual([]);
    await allAlike();
  });

  test("what is too large is given up with a word; a long stroke is only made simpler", async () => {
    const [anna] = await twoPages();
    const points = Array.from({ length: 6_000 }, (_, n) => [n / 5, 40 * Math.sin(n / 50)]);
    const long = anna.paper.draw({ type: "freedraw", points, pressures: [], simulatePressure: true });
    const heavy = anna.paper.draw({ type: "text", text: "ä".repeat(20_000), originalText: "" });
    await calm();
    expect(anna.notices).toEqual(["unfit"]);
    expect(anna.paper.seen()).toEqual([long]);
    expect(anna.board.scene.has(heavy)).toBe(false);
    await allAlike();
  });

  test("much at once is split into events that each may carry it", async () => {
    const [anna, ben] = await twoPages();
    const text = "Beitrag ".repeat(200);
    for (let n = 0; n < 60; n += 1) anna.paper.draw({ type: "text", text, originalText: text });
    await calm();
    expect(ben.paper.seen()).toHaveLength(60);
    expect(changes().length).toBeGreaterThan(4);
    await allAlike();
  });

  test("what the server refuses is given up, and the rest goes on", async () => {
    const [anna] = await twoPages();
    let times = 0;
    server.answer = ({ kind }) => (kind === "board.changed" && (times += 1) === 1 ? { ok: false, code: "too.large" } : null);
    anna.paper.draw();
    await calm();
    anna.paper.draw();
    await calm();
    expect(anna.notices).toEqual(["unfit"]);
    expect(anna.paper.seen()).toEqual(["anna-2"]);
    await allAlike();
  });
});

describe("hostile", () => {
  const base = { x: 0, y: 0, width: 10, height: 10, version: 1, versionNonce: 1, isDeleted: false };
  const bad = [
    { ...base, id: "frame", type: "iframe" },
    { ...base, id: "link", type: "rectangle", link: "javascript:alert(1)" },
    { ...base, id: "nan", type: "rectangle", x: 1e308 },
  ];

  test("what may not be there reaches no canvas; the rest of the event does", async () => {
    const [anna, ben] = await twoPages();
    void anna.relay.send("board.changed", { elements: [...bad, { ...base, id: "good", type: "ellipse" }] });
    for (const element of bad) void anna.relay.send("board.stroke", { element });
    await calm();
    await time.until(() => false, 500);
    expect(ben.paper.seen()).toEqual(["good"]);
    expect(ben.notices).toEqual(["left-out"]);
    await allAlike();
  });

  test("another element under the same version does not split the boards", async () => {
    const [anna, ben] = await twoPages();
    for (const x of [5, 3, 9]) void anna.relay.send("board.changed", { elements: [{ ...base, id: "twin", type: "ellipse", x }] });
    await calm();
    await time.until(() => false, 100);
    expect(ben.paper.all.get("twin")?.["x"]).toBe(ben.board.scene.get("twin")?.x);
    expect(await ben.board.hash()).toBe(await anna.board.hash());
  });
});

describe("in a storm", () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))("all boards are alike in the end (seed %i)", async (seed) => {
    const random = seeded(seed + 100);
    server.weather = { loss: 0.04, twice: 0.2, delayMs: 300 };
    for (const [at, who] of [ANNA, BEN, ANNA].entries()) new Page(who, `p${at}`, seed * 10 + at).open();
    for (let n = 0; n < 60; n += 1) {
      const at = Math.floor(random() * pages.length);
      act(pages[at] as Page, random);
      if (random() < 0.03) server.cut();
      if (random() < 0.03) reload(at, `r${n}`, seed * 1000 + n);
      await time.until(() => false, random() * 400);
    }
    for (const { paper } of pages) for (const id of paper.held) paper.finish(id);
    server.weather = { loss: 0, twice: 0, delayMs: 20 };
    expect(await calm(300_000)).toBe(true);
    await allAlike();
    expect((pages[0] as Page).paper.seen().length).toBeGreaterThan(3);
  });

  function act({ paper }: Page, random: () => number): void {
    const seen = paper.seen();
    const some = seen[Math.floor(random() * seen.length)];
    const what = random();
    if (some === undefined || what < 0.35) paper.draw();
    else if (what < 0.45) paper.begin();
    else if (what < 0.8) paper.change(some, { x: Math.floor(random() * 100) });
    else if (what < 0.9) paper.remove(some);
    else for (const id of paper.held) paper.finish(id);
  }

  function reload(at: number, name: string, seed: number): void {
    const before = pages[at] as Page;
    before.close();
    const who = before.relay.admission?.participant ?? ANNA;
    new Page(who, name, seed).open();
    pages[at] = pages.pop() as Page;
  }
});

