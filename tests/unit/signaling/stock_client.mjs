// npm's own socket.io-client against our wire. Commands come as JSON lines on standard input; what
// happens goes out as JSON lines.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../web/client/package.json", import.meta.url));
const { io } = require("socket.io-client");

const [url, origin] = process.argv.slice(2);
const say = (what, facts = {}) => console.log(JSON.stringify({ what, ...facts }));
const socket = io(url, {
  transports: ["websocket"],
  extraHeaders: { Origin: origin },
  reconnectionDelay: 50,
  reconnectionDelayMax: 50,
});

socket.on("connect", () => say("connect"));
socket.on("event", (event) => say("event", { event }));
socket.on("disconnect", (reason) => say("disconnect", { reason, active: socket.active }));
socket.on("connect_error", () => {});

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { word, argument } = JSON.parse(line);
    say("answer", { answer: await socket.timeout(30_000).emitWithAck(word, argument) });
  })
  .on("close", () => process.exit(0));
