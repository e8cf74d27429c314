/** Where one looks, whose view one follows, and what is laid: over a board made up here. */
import { beforeEach, expect, test, vi } from "vitest";
import type { Camera } from "./camera";
import { regionOf } from "./camera";
import { Deck } from "./deck";
import { Documents, type OpenPdf } from "./documents";
import type { Common, Ground, Settled, Sight, Stock } from "./ground";
import type { Box, Piece } from "./pages";
import { PdfTrouble } from "./trouble";

const FILE = "a".repeat(32);
const SCREEN = { width: 1_000, height: 700 };

class Table {
  readonly pieces = new Map<string, Settled>();
  readonly sent: Box[] = [];
  leader: string | null = null;
  here = new Set(["other"]);
  camera: Camera = { scrollX: 0, scrollY: 0, zoom: 1 };
  changed: () => void = () => undefined;
  viewed: () => void = () => undefined;
  arrived: () => void = () => undefined;
  heard: (participant: string, view: Box) => void = () => undefined;

  readonly common: Common = {
    onChange: (heard) => this.#keep("changed", heard),
    pieces: () => [...this.pieces.values()],
    ordered: () => [...this.pieces.values()].filter(({ isDeleted }) => isDeleted !== true),
    led: () => ({ leader: this.leader, locked: false }),
    isHere: (participant) => this.here.has(participant),
    nameOf: (participant) => participant.toUpperCase(),
  };
  readonly ground: Ground = {
    onView: (heard) => this.#keep("viewed", heard),
    camera: () => this.camera,
    look: (camera) => {
      if (this.slow) return void this.ahead.push(camera);
      this.camera = camera;
      this.viewed();
    },
    lay: (pieces) => this.lay(pieces),
  };
  readonly sight: Sight = {
    me: "me",
    send: (view) => this.sent.push(view),
    onView: (heard) => {
      this.heard = heard;
      return () => undefined;
    },
    onArrival: (heard) => this.#keep("arrived", heard),
  };

  lay(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.pieces.set(piece.id, piece as Settled);
    this.changed();
  }

  /** The board gets there only when it is told to. */
  slow = false;
  readonly ahead: Camera[] = [];

  getThere(): void {
    for (const camera of this.ahead.splice(0)) {
      this.camera = camera;
      this.viewed();
    }
  }

  host = document.createElement("div");

  /** The person scrolls by hand. */
  scroll(by: number): void {
    this.host.dispatchEvent(new Event("wheel"));
    this.slip(by);
  }

  /** It moves without anybody's doing. */
  slip(by: number): void {
    this.camera = { ...this.camera, scrollY: this.camera.scrollY - by };
    this.viewed();
  }

  #keep(name: "changed" | "viewed" | "arrived", heard: () => void): () => void {
    this[name] = heard;
    return () => undefined;
  }
}

const pdf: OpenPdf = {
  pages: 3,
  closed: false,
  size: async () => ({ width: 595, height: 842 }),
  draw: async () => document.createElement("canvas"),
  still: async () => document.createElement("canvas"),
  close: vi.fn<() => void>(),
};
const reader = { size: 1, range: async () => new Uint8Array() };

let table: Table;
let shared: string[];

function deckOver(open: () => Promise<OpenPdf> = async () => pdf, stock: Partial<Stock> = {}): Deck {
  const deck = new Deck({
    common: table.common,
    sight: table.sight,
    stock: {
      reader: async () => reader,
      local: async () => reader,
      share: async ({ name }, provided) => {
        await provided;
        shared.push(name);
        return { id: FILE, name };
      },
      ...stock,
    },
    documents: new Documents({ reader: () => reader, open }),
    words: { drawing: "…", trouble: (code) => code, title: (page) => `Seite ${page}` },
  });
  deck.start();
  const { host } = table;
  Object.defineProperties(host, { clientWidth: { value: SCREEN.width }, clientHeight: { value: SCREEN.height } });
  deck.attach(table.ground, host);
  return deck;
}

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class {
    observe() {}
    disconnect() {}
  });
  [table, shared] = [new Table(), []];
});

test("a document is laid, its first page fills the view, and the next one follows as large", async () => {
  const deck = deckOver();
  await deck.add(new File(["%PDF-"], "Antrag.pdf"));
  expect([shared, deck.state.laying, deck.state.trouble]).toEqual([["Antrag.pdf"], null, null]);
  expect(deck.state.documents).toMatchObject([{ file: FILE, name: "Antrag" }]);
  const first = regionOf(table.camera, SCREEN);
  expect(first.height).toBeCloseTo(deck.state.documents[0]!.pages[0]!.height);
  deck.fit("page", deck.state.documents[0]!.pages[1]!);
  expect(regionOf(table.camera, SCREEN).y).toBeCloseTo(deck.state.documents[0]!.pages[1]!.y);
  await deck.lay(FILE, "Antrag.pdf"); // it lies there already: only look at it
  expect([table.pieces.size, regionOf(table.camera, SCREEN).y]).toEqual([6, first.y]);
});

test("every press turns a page, however quickly they come, and the number shows it at once", async () => {
  const deck = deckOver();
  await deck.add(new File(["%PDF-"], "Antrag.pdf"));
  await vi.waitFor(() => expect(deck.state.current?.number).toBe(1));
  table.slow = true;
  deck.turn(1);
  deck.turn(1);
  expect(deck.state.current?.number).toBe(3);
  table.getThere();
  await new Promise((done) => setTimeout(done, 400));
  expect(deck.state.current?.number).toBe(3);
  deck.turn(1); // there is no other
  deck.turn(-1);
  expect(deck.state.current?.number).toBe(2);
  table.getThere();
  table.slow = false;
  table.scroll(-5_000); // by hand, and the number follows
  await vi.waitFor(() => expect(deck.state.current?.number).not.toBe(2));
});

test("what is wrong with a document is said before anybody gets it", async () => {
  const deck = deckOver(async () => Promise.reject(new PdfTrouble("encrypted")));
  await deck.add(new File(["%PDF-"], "geheim.pdf"));
  expect([shared, table.pieces.size]).toEqual([[], 0]);
  expect(deck.state.trouble).toMatchObject({ name: "geheim.pdf", trouble: { code: "encrypted" } });
  deck.understood();
  expect(deck.state.trouble).toBeNull();
});

test("what cannot be shared is closed again", async () => {
  const deck = deckOver(async () => pdf, { share: async () => Promise.reject(new PdfTrouble("unreachable")) });
  await deck.add(new File(["%PDF-"], "Antrag.pdf"));
  expect([deck.state.trouble?.trouble.code, vi.mocked(pdf.close).mock.calls.length]).toEqual(["unreachable", 1]);
});

test("one sees what the leader shows until one moves, and again when one comes back", () => {
  const deck = deckOver();
  table.leader = "other";
  table.changed();
  table.heard("other", { x: 0, y: 500, width: 1_000, height: 700 });
  expect([deck.state.leaderName, regionOf(table.camera, SCREEN).y]).toEqual(["OTHER", 500]);
  table.scroll(100);
  expect(deck.state.follow.around).toBe(true);
  table.heard("other", { x: 0, y: 900, width: 1_000, height: 700 });
  expect(regionOf(table.camera, SCREEN).y).toBe(600);
  deck.comeBack();
  expect([deck.state.follow.around, regionOf(table.camera, SCREEN).y]).toEqual([false, 900]);
  table.here.clear(); // a leader who is gone leads nobody
  table.arrived();
  expect(deck.state.follow.leader).toBeNull();
});

test("what moves without anybody's hand does not end following", async () => {
  const deck = deckOver();
  table.leader = "other";
  table.changed();
  table.heard("other", { x: 0, y: 500, width: 1_000, height: 700 });
  table.slip(300);
  expect(deck.state.follow.around).toBe(false);
  await vi.waitFor(() => expect(regionOf(table.camera, SCREEN).y).toBe(500));
});

test("whoever turns a page, or lays one, is not fetched back to the leader", async () => {
  const deck = deckOver();
  table.leader = "other";
  table.changed();
  table.heard("other", { x: 5_000, y: 5_000, width: 1_000, height: 700 });
  await deck.add(new File(["%PDF-"], "Antrag.pdf"));
  expect(deck.state.follow.around).toBe(true);
  const { camera } = table;
  table.heard("other", { x: 5_000, y: 5_000, width: 1_000, height: 700 });
  expect(table.camera).toEqual(camera);
});

test("whoever leads tells where they look", async () => {
  deckOver();
  table.leader = "me";
  table.changed();
  table.scroll(10);
  await vi.waitFor(() => expect(table.sent.at(-1)?.y).toBe(10));
});

test("a document is taken away with its frames; what was drawn over it stays", async () => {
  const deck = deckOver();
  await deck.add(new File(["%PDF-"], "Antrag.pdf"));
  const stroke = { id: "s", type: "freedraw", x: 0, y: 0, width: 1, height: 1, version: 1 };
  table.lay([stroke]);
  deck.take(FILE);
  expect(table.common.ordered()).toEqual([stroke]);
  expect(deck.state.documents).toEqual([]);
});
