/** OB-02: whoever comes in mid-talk sees the board as it stands, and nothing of how it became so; the others
 * notice nothing of it, and all see the same from then on. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ContentKey, fromBase64, open, type Header } from "../sessions/envelope";
import { SERVER } from "../sessions/events";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { Board, type Notice } from "./board";
import { BoardGate } from "./gate";
import { Kept } from "./kept";
import { Paper } from "./paper.test.double";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);
const GISELA = "c".repeat(16);
const GEORG = "d".repeat(16);
const OPEN = { open: true, leader: BEN, locked: false };

let time: PlayedTime;
let server: PlayServer;
let pages: Page[];

beforeEach(async () => {
  time = new PlayedTime();
  server = new PlayServer(time, seeded(1));
  pages = [];
  await server.seat({ participant: ANNA, role: "prospect", name: "Anna", stage: "seated" });
  await server.seat({ participant: BEN, role: "advisor", name: "Ben", stage: "seated" });
});
afterEach(() => {
  for (const page of pages) page.close();
  time.close();
});

class Page {
  readonly who: string;
  readonly relay: Relay;
  readonly board: Board;
  readonly notices: Notice[] = [];
  readonly news: string[] = [];
  readonly frames: object[] = [];
  readonly paper: Paper;

  constructor(who: string, name: string, seed: number) {
    const random = seeded(seed);
    this.who = who;
    this.relay = new Relay({ admit: async () => server.admission(who), wire: () => server.open(), clock: time, random, store: null });
    this.relay.on("event", (event) => void this.frames.push(event));
    this.board = new Board({ relay: this.relay, clock: time, kept: new Kept(null) });
    this.board.on("notice", (notice) => void this.notices.push(notice));
    this.board.on("drawn", (participant) => void this.news.push(participant));
    this.paper = new Paper(name, random);
    this.board.start();
    this.relay.start();
    this.paper.on(this.board);
    pages.push(this);
  }

  lead(led: object = {}): void {
    void this.relay.send("board.led", { ...OPEN, ...led });
  }

  close(): void {
    pages = pages.filter((page) => page !== this);
    this.board.stop();
    this.relay.stop();
  }

  get ready(): boolean {
    return this.relay.status === "open" && this.board.state.settled && this.relay.pending.length === 0;
  }
}

const load = (who: string, name: string, seed: number): Page => new Page(who, name, seed);

/** All is said and heard, and long enough for a page that waits for its turn. */
async function calm(): Promise<void> {
  await time.until(() => false, 6_000);
  await time.until(() => pages.every((page) => page.ready));
}

async function comes(participant: string, name: string): Promise<void> {
  await server.seat({ participant, role: "guest", seat: "guest", name, stage: "seated" });
}

async function twoPages(): Promise<[Page, Page]> {
  const both: [Page, Page] = [new Page(ANNA, "anna", 3), new Page(BEN, "ben", 4)];
  await calm();
  return both;
}

async function guest(participant = GISELA, name = "gisela", seed = 5): Promise<Page> {
  await comes(participant, name);
  const page = new Page(participant, name, seed);
  await calm();
  return page;
}

const changes = () => server.log.filter(({ kind }) => kind === "board.changed");
const leads = () => server.log.filter(({ kind }) => kind === "board.led");

async function bodies(): Promise<{ elements: { id: string }[]; again?: boolean }[]> {
  const key = await ContentKey.from(server.contentKey.slice(), server.session);
  const opened = changes().map(async (frame) => {
    const header = { ...frame, session: server.session, epoch: 1 } as Header;
    return (await open(key, header, fromBase64(frame.sealed as string))).body;
  });
  return (await Promise.all(opened)) as { elements: { id: string }[]; again?: boolean }[];
}

const saidAgain = async () => (await bodies()).filter(({ again }) => again).flatMap(({ elements }) => elements.map(({ id }) => id));

/** All see the same; what was deleted before somebody came is not known to them at all. */
function allAlike(): void {
  const [first, ...others] = pages.map(({ paper }) => paper.state());
  for (const other of others) expect(other).toEqual(first);
  for (const { board, paper } of pages) {
    const seen = [...board.scene.values()].filter((one) => !one.isDeleted).map(({ id }) => id);
    expect(seen.sort()).toEqual(paper.seen());
  }
}

describe("a guest who comes while the board is open", () => {
  test("sees what lies there now, live from then on, and nothing of what was before", async () => {
    const [anna, ben] = await twoPages();
    ben.lead();
    const kept = anna.paper.draw({ type: "text", text: "Beitrag 12 Euro", originalText: "Beitrag 12 Euro" });
    const away = ben.paper.draw({ type: "text", text: "Diagnose", originalText: "Diagnose" });
    await calm();
    anna.paper.change(kept, { text: "Beitrag 14 Euro", originalText: "Beitrag 14 Euro" });
    ben.paper.remove(away);
    await calm();
    const before = [anna, ben].map(({ board, paper }) => [board.state.turn, paper.taken]);

    const gisela = await guest();
    expect(gisela.paper.seen()).toEqual([kept]);
    expect(gisela.board.scene.has(away)).toBe(false);
    const told = JSON.stringify(gisela.frames);
    expect(told).toContain("Beitrag 14 Euro");
    expect(told).not.toMatch(/Diagnose|12 Euro/);
    expect(gisela.board.state.led).toEqual(OPEN);
    expect(gisela.board.isHere(BEN)).toBe(true);
    expect(gisela.board.authorOf(kept)).toEqual({ name: "", mine: false });
    expect(gisela.news).toEqual([]);
    // Whoever had it all along notices nothing.
    expect([anna, ben].map(({ board, paper }) => [board.state.turn, paper.taken])).toEqual(before);
    expect(anna.news).toEqual([BEN, BEN]);

    for (const page of [anna, ben, gisela]) page.paper.draw();
    gisela.paper.change(kept, { x: 400 });
    await calm();
    allAlike();
    expect(gisela.paper.seen()).toHaveLength(4);
    expect(pages.flatMap(({ notices }) => notices)).toEqual([]);
  });

  test("may draw where all may, and follows the lock as all do", async () => {
    const [, ben] = await twoPages();
    ben.lead({ locked: true });
    const drawn = ben.paper.draw();
    await calm();
    const gisela = await guest();
    expect(gisela.paper.seen()).toEqual([drawn]);
    expect(gisela.board.state.mayDraw).toBe(false);
    gisela.paper.draw();
    await calm();
    allAlike();
    expect(gisela.notices).toEqual(["locked"]);
    ben.lead();
    await calm();
    gisela.paper.draw();
    await calm();
    allAlike();
    expect(ben.paper.seen()).toHaveLength(2);
  });

  test("is told of it in parts that fit, each of it once, and what others draw meanwhile", async () => {
    const [anna, ben] = await twoPages();
    ben.lead();
    for (let n = 0; n < 250; n += 1) anna.paper.draw();
    await calm();
    server.weather.delayMs = 3_000; // long enough for the prospect's page to think that nobody does it
    await comes(GISELA, "gisela");
    const gisela = new Page(GISELA, "gisela", 5);
    await time.until(() => gisela.paper.seen().length > 0);
    expect(gisela.paper.seen().length).toBeLessThan(250);
    ben.paper.draw();
    anna.paper.remove("anna-250");
    await time.until(() => gisela.paper.seen().length === 250);
    server.weather.delayMs = 20;
    await calm();
    allAlike();
    expect(gisela.paper.seen()).toHaveLength(250);
    const again = await saidAgain();
    expect(new Set(again).size).toBe(again.length);
  });

  test("hears nothing of one that is closed, until it is opened", async () => {
    const [anna, ben] = await twoPages();
    ben.lead();
    const drawn = anna.paper.draw();
    await calm();
    ben.lead({ open: false, leader: null });
    await calm();
    const gisela = await guest();
    expect(gisela.paper.seen()).toEqual([]);
    expect(await saidAgain()).toEqual([]);
    ben.lead();
    await calm();
    expect(gisela.paper.seen()).toEqual([drawn]);
    expect(leads()).toHaveLength(3);
    allAlike();
  });
});

describe("nothing is said more often than it must be", () => {
  test("two guests at once, pages that reload, a name that is set right", async () => {
    const [anna, ben] = await twoPages();
    ben.lead();
    for (let n = 0; n < 5; n += 1) anna.paper.draw();
    await calm();
    await comes(GEORG, "georg");
    await guest();
    load(GEORG, "georg", 6);
    await calm();
    expect(await saidAgain()).toHaveLength(5);
    const said = server.log.length;
    for (const [page, seed] of pages.map((page, at) => [page, at + 20] as const)) {
      const { who, paper } = page;
      page.close();
      load(who, paper.name, seed);
      await calm();
    }
    expect(server.log).toHaveLength(said);
    await comes(GISELA, "Gisela Gast");
    await calm();
    expect(server.log).toHaveLength(said + 1);
    allAlike();
  });

  test("not to whoever has gone again", async () => {
    const [, ben] = await twoPages();
    ben.lead();
    ben.paper.draw();
    await calm();
    ben.close();
    await comes(GISELA, "gisela");
    await server.unseat(GISELA, "left");
    load(BEN, "ben", 9);
    await calm();
    expect(await saidAgain()).toEqual([]);
  });

  test("a board that is closed while it is said again stays closed", async () => {
    const [anna, ben] = await twoPages();
    ben.lead();
    anna.paper.draw();
    await calm();
    await comes(GISELA, "gisela");
    await time.until(() => JSON.stringify(ben.frames.at(-1)).includes(GISELA));
    server.weather.delayMs = 3_000;
    ben.lead({ open: false, leader: null });
    load(GISELA, "gisela", 5);
    await time.until(() => !ben.board.state.led.open);
    server.weather.delayMs = 20;
    await calm();
    expect(pages.map(({ board }) => board.state.led.open)).toEqual([false, false, false]);
  });
});

describe("while no advisor is there", () => {
  /** The server says who is connected. */
  const presence = (participant: string, present: boolean) => {
    server.deliver({ seq: null, id: "0".repeat(32), sender: SERVER + SERVER, kind: "presence.changed", at: time.now(), body: { participant, present } });
  };

  async function alone(led: object = {}): Promise<{ anna: Page; drawn: string }> {
    const [anna, ben] = await twoPages();
    ben.lead(led);
    const drawn = ben.paper.draw();
    await calm();
    ben.close();
    presence(BEN, false);
    await calm();
    return { anna, drawn };
  }

  test("the prospect's page says what lies there, and the advisor's, once it is back, the rest", async () => {
    const { drawn } = await alone();
    const gisela = await guest();
    expect(gisela.paper.seen()).toEqual([drawn]);
    expect(gisela.board.state.led.open).toBe(false);
    load(BEN, "ben", 9);
    await calm();
    expect(gisela.board.state.led).toEqual(OPEN);
    expect(await saidAgain()).toEqual([drawn]);
    allAlike();
  });

  test("and the guest's page opens its board by that", async () => {
    await alone();
    await comes(GISELA, "gisela");
    const relay = new Relay({ admit: async () => server.admission(GISELA), wire: () => server.open(), clock: time, random: seeded(8), store: null });
    const gate = new BoardGate(relay, () => {});
    gate.start();
    relay.start();
    await calm();
    expect(gate.state.led).toEqual({ open: true, leader: null, locked: false });
    const ben = new Page(BEN, "ben", 9);
    await calm();
    expect(gate.state.led).toEqual(OPEN);
    ben.lead({ open: false, leader: null });
    await calm();
    expect(gate.state.led.open).toBe(false);
    gate.stop();
    relay.stop();
  });

  test("nobody is shown a board by it who was there before", async () => {
    const [anna] = await twoPages();
    const id = anna.paper.draw();
    await calm();
    const relay = new Relay({ admit: async () => server.admission(BEN), wire: () => server.open(), clock: time, random: seeded(8), store: null });
    const gate = new BoardGate(relay, () => {});
    gate.start();
    relay.start();
    await calm();
    void anna.relay.send("board.changed", { elements: [anna.board.scene.get(id) as object], again: true });
    await calm();
    expect(gate.state.led.open).toBe(false);
    gate.stop();
    relay.stop();
  });

  test("whoever finds the board locked when they have said it is not told that they may not draw", async () => {
    const [anna, ben] = await twoPages();
    ben.lead();
    const drawn = ben.paper.draw();
    await calm();
    server.weather.delayMs = 0;
    ben.lead({ locked: true });
    void anna.relay.send("board.changed", { elements: [anna.board.scene.get(drawn) as object], again: true });
    await calm();
    expect(server.log.slice(-2).map(({ kind }) => kind)).toEqual(["board.led", "board.changed"]);
    expect(anna.notices).toEqual([]);
    allAlike();
  });

  test("of a board that is the advisor's alone, it waits for them", async () => {
    const { anna, drawn } = await alone({ locked: true });
    const gisela = await guest();
    expect(gisela.paper.seen()).toEqual([]);
    expect(anna.notices).toEqual([]);
    load(BEN, "ben", 9);
    await calm();
    expect(gisela.paper.seen()).toEqual([drawn]);
    expect(gisela.board.state.mayDraw).toBe(false);
  });
});

test("what comes late from before, and is deleted for all, is so for the guest, with nothing they had not seen", async () => {
  const [anna, ben] = await twoPages();
  ben.lead();
  const id = ben.paper.draw({ type: "text", text: "erst", originalText: "erst" });
  await calm();
  const early = ben.board.scene.get(id) as object;
  ben.paper.change(id, { text: "Diagnose", originalText: "Diagnose" });
  ben.paper.remove(id);
  await calm();
  const gisela = await guest();
  void anna.relay.send("board.changed", { elements: [early] });
  await time.until(() => gisela.paper.seen().length === 1);
  await calm();
  expect(gisela.paper.seen()).toEqual([]);
  expect(JSON.stringify(gisela.frames)).not.toContain("Diagnose");
  allAlike();
});

test.each([11, 12, 13, 14, 15, 16])("in any weather, whoever comes when: all see the same (%i)", async (seed) => {
  const dice = seeded(seed);
  const [anna, ben] = await twoPages();
  ben.lead();
  server.weather = { loss: 0.01, twice: 0.1, delayMs: 300 };
  const guests = [GISELA, GEORG];
  for (let turn = 0; turn < 60; turn += 1) {
    const page = pages[Math.floor(dice() * pages.length)] as Page;
    const seen = page.paper.seen();
    const what = dice();
    if (what < 0.5 || seen.length === 0) page.paper.draw();
    else if (what < 0.75) page.paper.change(seen[Math.floor(dice() * seen.length)] as string, { x: turn });
    else page.paper.remove(seen[Math.floor(dice() * seen.length)] as string);
    if (turn === 20 || turn === 40) {
      const [name, who] = [`guest-${turn}`, guests.pop() as string];
      await comes(who, name);
      load(who, name, seed + turn);
    }
    await time.until(() => false, dice() * 400);
  }
  server.weather = { loss: 0, twice: 0, delayMs: 20 };
  await calm();
  allAlike();
  expect(anna.paper.seen().length).toBeGreaterThan(5);
});
