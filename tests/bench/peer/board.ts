/** Two of these pages share a board as Excalidraw's own collaboration does: at every change the
 * elements that changed go out whole, and what comes in is reconciled. */
import { createElement } from "../../../web/client/node_modules/react/index.js";
import { createRoot } from "../../../web/client/node_modules/react-dom/client.js";
import {
  CaptureUpdateAction,
  Excalidraw,
  getSceneVersion,
  reconcileElements,
  restoreElements,
} from "../../../web/client/node_modules/@excalidraw/excalidraw/dist/prod/index.js";
import { io } from "../../../web/client/node_modules/socket.io-client/build/esm/index.js";

const socket = io({ transports: ["websocket"] });
const sent = new Map();
let last = -1;
let api: any;

function onChange(elements: readonly any[]) {
  const version = getSceneVersion(elements);
  if (version <= last) return;
  last = version;
  const changed = elements.filter((one) => (sent.get(one.id) ?? -1) < one.version);
  for (const one of changed) sent.set(one.id, one.version);
  socket.emit("scene", changed);
}

socket.on("scene", (remote) => {
  const local = api.getSceneElementsIncludingDeleted();
  const elements = reconcileElements(local, restoreElements(remote, null), api.getAppState());
  for (const one of elements) sent.set(one.id, one.version);
  last = getSceneVersion(elements);
  api.updateScene({ elements, captureUpdate: CaptureUpdateAction.NEVER });
  requestAnimationFrame(() => ((window as any).benchSeen = performance.timeOrigin + performance.now()));
});

const excalidrawAPI = (given: any) => (api = given);
createRoot(document.getElementById("root")!).render(createElement(Excalidraw, { excalidrawAPI, onChange }));
