/** OB-02: a guest sees what lies on the board although it was shared before they came: whoever shared it tells
 * them, once, and nobody else's files nor any that are not seen. */
import { expect, test } from "vitest";
import type { FilesState, SharedFile } from "../../files/files";
import { PdfTrouble } from "./trouble";
import { Given, owed, Passing, retoldId } from "./passing";
import { stockOf } from "./wiring";
import type { Element, Scene } from "../scene";

const [MINE, THEIRS, HIDDEN, LATE, BAD] = ["1", "2", "3", "4", "5"].map((digit) => digit.repeat(32)) as [string, string, string, string, string];
const GISELA = "c".repeat(16);
const GEORG = "d".repeat(16);

function file(id: string, more: Partial<SharedFile> = {}): SharedFile {
  const facts = { name: "Police.pdf", type: "application/pdf", size: 9, sha256: "a".repeat(64), board: true };
  return { id, ...facts, by: "b".repeat(16), mine: true, at: 0, seq: 5, verdict: null, ...more };
}

function image(fileId: string, isDeleted = false): Element {
  return { id: `i-${fileId}`, type: "image", fileId, isDeleted, version: 1, versionNonce: 1 } as unknown as Element;
}

function sceneOf(...elements: Element[]): Scene {
  return new Map(elements.map((one) => [one.id, one]));
}

const SCENE = sceneOf(image(`${MINE}-1`), image(`${MINE}-2`), image(THEIRS), image(HIDDEN, true), image(LATE), image(BAD));
const FILES = [file(MINE), file(THEIRS, { mine: false }), file(HIDDEN), file(LATE, { seq: 20 }), file(BAD, { verdict: "infected" })];

test("one's own that is seen, and was shared before somebody came", () => {
  const ids = (came: number) => owed(SCENE, FILES, came).map(({ id }) => id);
  expect(ids(1)).toEqual([]);
  expect(ids(10)).toEqual([MINE]);
  expect(ids(30)).toEqual([MINE, LATE]);
});

test("the id is another one for each who comes, and that of the server", async () => {
  expect(await retoldId("0123456789abcdef".repeat(2), GISELA)).toBe("5f87285ce7d70664f01bb6103493e50c");
  expect(await retoldId(MINE, GISELA)).not.toBe(await retoldId(MINE, GEORG));
});

/** What is heard of a board and of files, by hand. */
function played(open = true) {
  const heard: (() => void)[] = [];
  const on = (_: string, hear: () => void) => (heard.push(hear), () => {});
  const guests = new Map<string, number>();
  const board = { on, caughtUp: true, scene: SCENE, guests, state: { led: { open, leader: null, locked: false }, mayDraw: true, settled: true, turn: 1 } };
  const files = { on, state: { files: FILES, transfers: [], unread: 0 } as FilesState };
  const sent: [string, object, string | undefined][] = [];
  const relay = { send: async (kind: string, body: object, id?: string) => (sent.push([kind, body, id]), { id: "", seq: 1 }) };
  new Passing(relay, board as never, files as never).start();
  const happens = async () => {
    for (const hear of heard) hear();
    for (let times = 0; times < 5; times += 1) await retoldId(MINE, GISELA); // what is to be told would be told by now
  };
  return { board, guests, sent, happens };
}

test("told as it was told, once for all who are there by then", async () => {
  const { guests, sent, happens } = played();
  await happens();
  expect(sent).toEqual([]);
  guests.set(GISELA, 10);
  await happens();
  await happens();
  await expect.poll(() => sent.length, { timeout: 60_000 }).toBe(1);
  const { size, sha256, name, type } = file(MINE);
  const body = { file: MINE, name, type, size, sha256, board: true };
  expect(sent).toEqual([["file.shared", body, await retoldId(MINE, GISELA)]]);
  guests.set(GEORG, 15);
  await happens();
  await expect.poll(() => sent.length, { timeout: 60_000 }).toBe(2);
  expect(sent[1]).toEqual(["file.shared", body, await retoldId(MINE, GEORG)]);
  guests.delete(GEORG);
  await happens();
  expect(sent).toHaveLength(2);
});

test("not of a board that is closed, nor before the log is read", async () => {
  const shut = played(false);
  shut.guests.set(GISELA, 10);
  const early = played();
  early.board.caughtUp = false;
  early.guests.set(GISELA, 10);
  for (const { happens } of [shut, early]) await happens();
  expect([...shut.sent, ...early.sent]).toEqual([]);
});

test("what a guest was not given lay there before they came; what was taken back is gone", async () => {
  const state = { files: [file(THEIRS, { mine: false })] };
  const files = { state, reader: async () => ({ size: 1 }) };
  const given = new Given(files as never);
  expect(given.hasAll(sceneOf(image(`${THEIRS}-1`)))).toBe(true);
  expect(given.hasAll(sceneOf(image(`${THEIRS}-1`), image(MINE)))).toBe(false);
  expect(given.hasAll(sceneOf(image(MINE, true)))).toBe(true);
  const stock = stockOf(files as never, given);
  await expect(async () => await stock.reader(MINE)).rejects.toEqual(new PdfTrouble("before"));
  state.files = [];
  expect(await stock.reader(THEIRS)).toEqual({ size: 1 });
  state.files = [file(MINE)];
  expect(await stock.reader(MINE)).toEqual({ size: 1 });
});
