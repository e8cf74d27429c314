// Our client's end of the wire, as it stands in the source, against our server's. Speaks with the test
// as stock_client.mjs does.
import { createInterface } from "node:readline";
import { openWire } from "../../../web/client/src/signaling/wire.ts";

const [url, origin] = process.argv.slice(2);
const say = (what, facts = {}) => console.log(JSON.stringify({ what, ...facts }));
globalThis.WebSocket = class extends WebSocket {
  constructor(address) {
    super(address, { headers: { Origin: origin } }); // a browser says so by itself
  }
};
const wire = openWire(url);
wire.on("connect", () => say("connect"));
wire.on("event", (event) => say("event", { event }));
wire.on("disconnect", (code) => say("disconnect", { code }));

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { word, argument } = JSON.parse(line);
    wire.emit(word, argument, (answer) => say("answer", { answer }));
  })
  .on("close", () => process.exit(0));
