// A board as Excalidraw's own collaboration relays it: whoever draws sends the changed elements whole,
// this tells everybody else. Unencrypted, without a log. Serves the page from the folder it is given.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

const require = createRequire(new URL("../../../web/client/package.json", import.meta.url));
const { Server } = require("socket.io");
const types = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html" };

const http = createServer(async (request, response) => {
  const path = request.url === "/" ? "/index.html" : request.url.split("?")[0];
  const file = await readFile(join(process.argv[2], path)).catch(() => null);
  response.writeHead(file ? 200 : 404, { "content-type": types[extname(path)] ?? "text/plain" });
  response.end(file ?? "");
});
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, maxHttpBufferSize: 10_000_000 });
io.on("connection", (socket) => {
  socket.on("scene", (elements) => socket.broadcast.emit("scene", elements));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
