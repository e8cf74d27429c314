/** Leaves out of socket.io-client what our server does not speak: it offers WebSocket only, and
 * text only. A seventh of what a person downloads for the connection. */
import type { Plugin } from "vite";

/** What stands in for a module, by the end of its path. */
const INSTEAD: Readonly<Record<string, string>> = {
  "engine.io-client/build/esm/transports/index.js":
    'import { WS } from "./websocket.js"; export const transports = { websocket: WS };',
  "engine.io-parser/build/esm/encodePacket.browser.js":
    'import { PACKET_TYPES } from "./commons.js";' +
    'export const encodePacket = ({ type, data }, _, done) => done(PACKET_TYPES[type] + (data || ""));' +
    "export const encodePacketToBinary = () => {};",
  "engine.io-parser/build/esm/decodePacket.browser.js":
    'import { ERROR_PACKET, PACKET_TYPES_REVERSE } from "./commons.js";' +
    "export const decodePacket = (packet) => {" +
    '  const type = typeof packet === "string" && PACKET_TYPES_REVERSE[packet[0]];' +
    "  return type ? { type, data: packet.slice(1) || undefined } : ERROR_PACKET;" +
    "};",
  "socket.io-parser/build/esm/is-binary.js":
    "export const isBinary = () => false; export const hasBinary = () => false;",
  "socket.io-parser/build/esm/binary.js":
    "export const deconstructPacket = (packet) => ({ packet, buffers: [] });" +
    "export const reconstructPacket = (packet) => packet;",
};
const PATHS = Object.keys(INSTEAD);

export function websocketOnly(): Plugin {
  return {
    name: "websocket-only",
    apply: "build",
    enforce: "pre",
    load: {
      filter: { id: /\/(engine|socket)\.io-(client|parser)\/build\/esm\// },
      handler(id) {
        const path = PATHS.find((path) => id.endsWith(path));
        return path === undefined ? null : INSTEAD[path];
      },
    },
  };
}
