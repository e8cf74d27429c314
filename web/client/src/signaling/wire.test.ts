/** Our end of the wire against npm's own server, and against one that says what ours never could. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server as NetServer } from "node:net";
import { Server, type Socket } from "socket.io";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openWire, type Wire } from "./wire";

/** What tests here reach below: npm's server keeps the bare WebSocket private. */
interface Bare {
  conn: { transport: { socket: { send(text: string | Uint8Array): void; close(code: number): void } } };
}

let server: Server;
let wires: Wire[];

beforeEach(() => {
  wires = [];
  server = new Server({ transports: ["websocket"], pingInterval: 20, pingTimeout: 20_000 });
  server.listen(0);
});
afterEach(async () => {
  for (const wire of wires) wire.close();
  await server.close();
});

const port = (of: NetServer) => (of.address() as AddressInfo).port;
const bare = (socket: Socket) => (socket as unknown as Bare).conn.transport.socket;

function opened(at = port(server.httpServer as unknown as NetServer)) {
  const wire = openWire(`http://127.0.0.1:${at}`, "0f3a9c21");
  wires.push(wire);
  const connected = new Promise<void>((done) => wire.on("connect", done));
  const gone = new Promise<number | undefined>((done) => wire.on("disconnect", done));
  const event = new Promise<unknown>((done) => wire.on("event", done));
  return { wire, connected, gone, event };
}

/** Both ends of one connection. */
async function both() {
  const came = once(server, "connection") as Promise<[Socket]>;
  const ours = opened();
  const [[theirs]] = await Promise.all([came, ours.connected]);
  return { ...ours, theirs };
}

test("npm's server hears our words, and we hear its answers and events", async () => {
  const { wire, theirs, event } = await both();
  expect(theirs.handshake.query["affinity"]).toBe("0f3a9c21");
  theirs.on("send", (said, answer) => answer?.({ ok: true, said }));
  const answers = ["eins", "zwei"].map(
    (text) => new Promise((done) => wire.emit("send", { text: `${text} "[{ä€😀` }, done)),
  );
  expect(await Promise.all(answers)).toEqual(
    ["eins", "zwei"].map((text) => ({ ok: true, said: { text: `${text} "[{ä€😀` } })),
  );
  const passing = once(theirs, "send");
  wire.emit("send", { kind: "chat.typing" });
  expect((await passing)[0]).toEqual({ kind: "chat.typing" });
  theirs.emit("event", { seq: 1, text: "line\u2028one" });
  expect(await event).toEqual({ seq: 1, text: "line\u2028one" });
});

test("its pings are answered", async () => {
  const { theirs } = await both();
  for (let pongs = 0; pongs < 3; pongs += 1) await once(theirs.conn, "heartbeat");
  expect(theirs.connected).toBe(true);
});

test("closed by us, it hears so and we hear nothing more", async () => {
  const { wire, theirs, gone } = await both();
  const left = once(theirs, "disconnect");
  wire.close();
  await left;
  wire.emit("send", {});
  expect(await Promise.race([gone, "silence"])).toBe("silence");
});

test("its code of closing is passed on; its goodbye is an end too", async () => {
  const first = await both();
  bare(first.theirs).close(1012);
  expect(await first.gone).toBe(1012);
  const second = await both();
  second.theirs.disconnect();
  expect(await second.gone).toBeUndefined();
});

test("nobody there, or nobody who speaks: it ends", async () => {
  const deaf = createServer().listen(0);
  await once(deaf, "listening");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { gone } = opened(port(deaf));
  vi.advanceTimersByTime(4_999);
  expect(await Promise.race([gone, "waiting"])).toBe("waiting");
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  expect(await gone).toBeUndefined();
  const free = port(deaf);
  deaf.close();
  expect(await opened(free).gone).toBe(1006);
});

const EVENT = '{"seq":1}';
const NEVER: readonly (string | Uint8Array)[] = [
  new Uint8Array([4, 2]),
  "",
  "1",
  "3",
  "6",
  '0{"sid":"a"}',
  '40{"sid":"a"}',
  '44{"message":"no"}',
  "2probe",
  " 2",
  "42",
  `42["event",${EVENT}`,
  `42["event",${EVENT}] `.padEnd(131_073),
  `42["event",${EVENT},1]`,
  `42["event"]`,
  `42["event",[1]]`,
  `42["event",null]`,
  `42["connect",${EVENT}]`,
  `427["event",${EVENT}]`,
  `42/desk,["event",${EVENT}]`,
  `451-["event",{"_placeholder":true,"num":0}]`,
  `43[${EVENT}]`,
  `431[${EVENT}]`,
  `4300[${EVENT}]`,
  "430[]",
  `430[${EVENT},${EVENT}]`,
  '430["yes"]',
];

const named = NEVER.map((said) => ({ said, name: String(said).slice(0, 40) }));

test.each(named)("ours could never say $name: the wire closes, and nothing of it is heard", async ({ said }) => {
  const { wire, theirs, gone, event } = await both();
  let answered = false;
  wire.emit("send", {}, () => (answered = true));
  const left = once(theirs, "disconnect");
  bare(theirs).send(said);
  expect(await gone).toBeUndefined();
  await left;
  expect(await Promise.race([event, "nothing"])).toBe("nothing");
  expect(answered).toBe(false);
});

test("an answer is heard once, and what comes before its turn not at all", async () => {
  const { wire, theirs, gone } = await both();
  const answers: unknown[] = [];
  wire.emit("send", {}, (answer) => answers.push(answer));
  for (let time = 0; time < 2; time += 1) bare(theirs).send('430[{"ok":true}]');
  await gone;
  expect(answers).toEqual([{ ok: true }]);

  server.engine.once("connection", (conn: Bare["conn"]) => conn.transport.socket.send(`42["event",${EVENT}]`));
  const early = opened();
  expect(await early.gone).toBeUndefined();
  expect(await Promise.race([early.event, "nothing"])).toBe("nothing");
});
