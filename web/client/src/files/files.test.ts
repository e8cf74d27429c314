/** What others shared, as this page gets it: whole and checked, or any part; and what it does not get. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Bodies } from "../sessions/bodies";
import { type Bytes, ContentKey, join, randomHex, sha256 } from "../sessions/envelope";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { setWords } from "../texts";
import { CHUNK_BYTES, Cobblestone, fileContext, sealing } from "./cobblestone";
import { Files } from "./files";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);
const PDF = new TextEncoder().encode("%PDF-1.7\nPolice\n%%EOF\n");

let time: PlayedTime;
let server: PlayServer;
let relays: Relay[];
/** What the server would give: sealed bytes, or a refusal. */
let stored: Map<string, Bytes | { status: number; code: string }>;
let asked: string[];

beforeEach(() => {
  time = new PlayedTime();
  server = new PlayServer(time, seeded(1));
  [relays, stored, asked] = [[], new Map(), []];
  vi.stubGlobal("fetch", async (url: string, { headers = {} }: { headers?: Record<string, string> } = {}) => {
    asked.push(headers["Range"] ?? url);
    const file = stored.get(url.split("/").at(-1) ?? "");
    if (file === undefined) return Response.json({}, { status: 404 });
    if (!(file instanceof Uint8Array)) return Response.json({ error: { code: file.code, text: "?" } }, { status: file.status });
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers["Range"] ?? "") ?? [];
    if (from === undefined || to === undefined) return new Response(file);
    const part = file.slice(Number(from), Number(to) + 1);
    return new Response(part, { status: 206, headers: { "Content-Range": `bytes ${from}-${to}/${file.length}` } });
  });
});
afterEach(async () => {
  for (const relay of relays) relay.stop();
  await time.rest();
  time.close();
  vi.unstubAllGlobals();
});

function page(who: string, scanned = false): { relay: Relay; files: Files } {
  const admit = async () => server.admission(who);
  const relay = new Relay({ admit, wire: () => server.open(), clock: time, random: seeded(7), store: null });
  relays.push(relay);
  const files = new Files({ relay, session: server.session, proof: { token: "t" }, scanned, store: null });
  files.start();
  relay.start();
  return { relay, files };
}

async function* once(bytes: Bytes) {
  yield bytes;
}

async function seal(id: string, clear: Bytes): Promise<Bytes> {
  const key = await (await ContentKey.from(server.contentKey.slice(), server.session)).fileKey(id);
  const stone = await Cobblestone.begin(key, fileContext(server.session, id));
  const parts: Bytes[] = [];
  for await (const some of sealing(stone, once(clear))) parts.push(...some);
  return join(...parts);
}

const toHex = (bytes: Bytes) => Buffer.from(bytes).toString("hex");

/** Ben shares something, by whatever means he has; Anna's page, once it knows. */
async function shared(clear: Bytes, says: Partial<Bodies["file.shared"]> = {}, scanned = false) {
  const id = randomHex(32);
  const [anna, ben] = [page(ANNA, scanned), page(BEN)];
  stored.set(id, await seal(id, clear));
  const facts = { file: id, name: "Police.pdf", type: "application/pdf", size: clear.length };
  void ben.relay.send("file.shared", { ...facts, sha256: toHex(await sha256(clear)), ...says });
  await time.until(() => anna.files.state.files.length + ben.files.state.files.length === 2);
  return { id, anna: anna.files, ben: ben.files, relay: anna.relay };
}

const bend = (id: string, change: (sealed: Bytes) => Bytes) => {
  const file = stored.get(id);
  if (file instanceof Uint8Array) stored.set(id, change(file.slice()));
};

test("a file comes whole, named by its content, and once", async () => {
  const { id, anna } = await shared(PDF, { type: "text/html" });
  expect(anna.state).toMatchObject({ unread: 1, files: [{ name: "Police.pdf", mine: false, by: BEN }] });
  const blob = await anna.blob(id);
  expect(blob.type).toBe("application/pdf");
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(PDF);
  await anna.blob(id);
  expect(asked).toHaveLength(1);
  anna.see();
  expect(anna.state.unread).toBe(0);
});

describe("is not handed out", () => {
  test.each<[string, (sealed: Bytes) => Bytes]>([
    ["altered", (sealed) => sealed.fill(sealed[70]! ^ 1, 70, 71)],
    ["cut short", (sealed) => sealed.slice(0, -1)],
    ["cut to its head", (sealed) => sealed.slice(0, 56)],
    ["of another key", (sealed) => sealed.fill(0, 30, 50)],
  ])("what is %s on the server", async (_, change) => {
    const { id, anna } = await shared(PDF);
    bend(id, change);
    await expect(anna.blob(id)).rejects.toMatchObject({ code: "altered" });
    await expect(anna.blob(id)).rejects.toMatchObject({ code: "altered" });
    expect(asked).toHaveLength(2);
  });

  test.each<[string, Partial<Bodies["file.shared"]>]>([
    ["another hash", { sha256: "0".repeat(64) }],
    ["less", { size: PDF.length - 1 }],
    ["more", { size: PDF.length + 1 }],
  ])("what its sender said otherwise: %s", async (_, says) => {
    const { id, anna } = await shared(PDF, says);
    await expect(anna.blob(id)).rejects.toMatchObject({ code: "altered" });
  });

  test.each(["<!DOCTYPE html><script>", "<svg onload=alert(1)>", "MZ\0\0", "PK\x03\x04", "GIF89a"])(
    "what its sender disguised: %j",
    async (text) => {
      const { id, anna } = await shared(new TextEncoder().encode(text));
      await expect(anna.blob(id)).rejects.toMatchObject({ code: "disguised" });
    },
  );

  test.each([
    [409, "file.infected", "infected"],
    [409, "file.pending", "pending"],
    [404, "not.found", "gone"],
    [503, "busy", "offline"],
  ])("what the server keeps: %s %s", async (status, code, reason) => {
    const { id, anna } = await shared(PDF);
    stored.set(id, { status, code });
    await expect(anna.blob(id)).rejects.toMatchObject({ code: reason });
    await expect(anna.reader(id)).rejects.toMatchObject({ code: reason });
  });
});

test("OB-11: that the hint was shown, and in which words, is in the log once for each person", async () => {
  setWords({ "version.files": "0f".repeat(32) }, "de");
  const [anna, ben] = [page(ANNA), page(BEN)];
  const logged = () => server.log.filter(({ kind }) => kind === "hint.shown");
  anna.files.hintShown();
  anna.files.hintShown();
  await time.until(() => logged().length === 1 && anna.relay.pending.length === 0);
  const heard: object[] = [];
  const after = page(ANNA); // a reload
  after.relay.on("event", (event) => event.kind === "hint.shown" && heard.push([event.mine, event.body]));
  await time.until(() => heard.length === 1);
  after.files.hintShown();
  ben.files.hintShown();
  await time.until(() => heard.length === 3, 5_000);
  const said = { hint: "files", text_version: "0f".repeat(6), text: "0f".repeat(32) };
  expect(heard).toEqual([
    [true, said],
    [false, said],
  ]);
});

test("any part is read by itself, and only its chunks are fetched", async () => {
  const clear = Uint8Array.from({ length: 5 * CHUNK_BYTES + 77 }, (_, at) => (at * 31 + (at >> 8)) & 255);
  const { id, anna } = await shared(clear);
  const reader = await anna.reader(id);
  expect(reader.size).toBe(clear.length);
  for (const [from, to] of [[0, 10], [CHUNK_BYTES - 1, CHUNK_BYTES + 1], [40_000, 70_000], [clear.length - 5, clear.length + 99]] as const) {
    expect(Buffer.compare(await reader.range(from, to), clear.subarray(from, to))).toBe(0);
  }
  expect(await reader.range(clear.length, clear.length + 1)).toHaveLength(0);
  expect(asked.at(-3)).toBe(`bytes=56-${56 + 16_400 * 2 - 1}`);
});

test.each<[string, (sealed: Bytes) => Bytes]>([
  ["a chunk less", (sealed) => sealed.slice(0, 56 + 16_400)],
  ["its end moved up", (sealed) => join(sealed.slice(0, 56 + 16_400), sealed.slice(-93))],
])("no reader of a file with %s", async (_, change) => {
  const { id, anna } = await shared(new Uint8Array(2 * CHUNK_BYTES + 77).fill(65));
  bend(id, change);
  await expect(anna.reader(id)).rejects.toMatchObject({ code: "altered" });
});

test("a scanner's word is waited for, and an infected file is not asked for", async () => {
  const { id, anna } = await shared(PDF, {}, true);
  expect(anna.state.files[0]?.verdict).toBe("pending");
  stored.set(id, { status: 409, code: "file.infected" });
  await expect(anna.blob(id)).rejects.toMatchObject({ code: "infected" });
  const before = asked.length;
  await expect(anna.blob(id)).rejects.toMatchObject({ code: "infected" });
  expect(asked).toHaveLength(before);
  expect(anna.state.files[0]?.verdict).toBe("infected");
});

test("only one's own is taken back, though it be infected", async () => {
  const { id, anna, ben } = await shared(PDF);
  stored.set(id, { status: 409, code: "file.infected" });
  await expect(ben.blob(id)).rejects.toMatchObject({ code: "infected" });
  await expect(anna.remove(id)).rejects.toMatchObject({ code: "foreign" });
  stored.set(id, new Uint8Array(0));
  const gone = ben.remove(id);
  await time.until(() => anna.state.files.length === 0);
  await gone;
  expect(asked.at(-1)).toBe(`/api/sessions/${server.session}/files/${id}`);
  await expect(anna.blob(id)).rejects.toMatchObject({ code: "gone" });
});

test("what is not taken stays in the list with its reason, until it is put away", async () => {
  const { files } = page(ANNA);
  await expect(files.share(new File(["MZ"], "a.exe"))).rejects.toMatchObject({ code: "program" });
  const [transfer] = files.state.transfers;
  expect(transfer).toMatchObject({ name: "a.exe", state: "failed", reason: { code: "program" } });
  files.cancel(transfer?.id ?? "");
  expect(files.state.transfers).toEqual([]);
  expect(asked).toEqual([]);
});

test("what turns out not to be wanted is told to nobody, and leaves the server again", async () => {
  const { files } = page(ANNA);
  const [all, id, seen] = [`/api/sessions/${server.session}/files`, randomHex(32), vi.fn<(what: string) => void>()];
  let broken = (_error: Error) => {};
  const provided = new Promise<never>((_resolve, reject) => (broken = reject));
  vi.stubGlobal("location", { href: "http://127.0.0.1/console" });
  vi.stubGlobal("fetch", async (url: string, { method = "GET" }: { method?: string } = {}) => {
    seen(`${method} ${url}`);
    if (method !== "POST") return new Response(null, { status: 204 });
    broken(new Error("no PDF"));
    return new Response(null, { status: 201, headers: { Location: `${url}/${id}` } });
  });
  const sharing = files.share(new File([PDF], "Police.pdf"), { board: true, provided });
  await expect(sharing).rejects.toMatchObject({ code: "cancelled" });
  await vi.waitFor(() => expect(seen.mock.calls.flat()).toEqual([`POST ${all}`, `DELETE ${all}/${id}`]));
  expect([files.state.transfers, server.log]).toEqual([[], []]);
});
