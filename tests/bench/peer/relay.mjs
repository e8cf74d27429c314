// A plain Socket.IO relay on npm's `socket.io`, unencrypted and without a log: what ours is measured
// against. It knows two words, numbers events per session in memory, and delivers as ours does.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../web/client/package.json", import.meta.url));
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  pingInterval: 10_000,
  pingTimeout: 8_000,
  maxHttpBufferSize: 65_536,
});
if (process.env.REDIS_URL) {
  // Several of these, joined by Redis as its makers do it.
  const { createAdapter } = require("@socket.io/redis-adapter");
  const { createClient } = require("@redis/client");
  const speaking = createClient({ url: process.env.REDIS_URL });
  const hearing = speaking.duplicate();
  for (const client of [speaking, hearing]) client.on("error", () => {});
  await Promise.all([speaking.connect(), hearing.connect()]);
  io.adapter(createAdapter(speaking, hearing));
}
const seqs = new Map();

io.on("connection", (socket) => {
  let session = null;
  const sender = socket.id;

  socket.on("join", ({ ticket }, ack) => {
    session = ticket;
    socket.join(session);
    ack({ ok: true, sender, seq: seqs.get(session) ?? 0 });
  });

  socket.on("send", ({ id, kind, epoch, sealed }, ack) => {
    const event = { seq: null, id, sender, kind, epoch, at: Date.now(), sealed };
    if (kind.startsWith("chat.message")) {
      event.seq = (seqs.get(session) ?? 0) + 1;
      seqs.set(session, event.seq);
      ack?.({ ok: true, seq: event.seq });
      io.to(session).emit("event", event);
    } else {
      ack?.({ ok: true, seq: null });
      socket.to(session).emit("event", event);
    }
  });
});

http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
