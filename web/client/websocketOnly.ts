/** Leaves out of engine.io-client the transports that our server does not offer (it speaks
 * WebSocket only): a tenth of what a person downloads for the connection. */
import type { Plugin } from "vite";

const TRANSPORTS = /engine\.io-client\/build\/esm\/transports\/index\.js$/;

export function websocketOnly(): Plugin {
  return {
    name: "websocket-only",
    apply: "build",
    enforce: "pre",
    load: {
      filter: { id: TRANSPORTS },
      handler: () => `import { WS } from "./websocket.js"; export const transports = { websocket: WS };`,
    },
  };
}
