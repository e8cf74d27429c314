/** Small things around the drawing canvas that are no part of what is drawn: names for screen
 * readers where the drawing code gives none, and the mark by which a scene is recognised. */
import type { Board } from "./board";

/** Name the paper and the box that text is written in, whenever they come. */
export function nameParts(root: HTMLElement, paper: string, text: string): () => void {
  const name = () => {
    const container = root.querySelector(".excalidraw-container");
    container?.setAttribute("role", "application");
    container?.setAttribute("aria-label", paper);
    for (const box of root.querySelectorAll("textarea:not([aria-label])")) box.setAttribute("aria-label", text);
  };
  const watcher = new MutationObserver(name);
  watcher.observe(root, { childList: true, subtree: true });
  name();
  return () => watcher.disconnect();
}

const STILL_MS = 250;

/** `data-scene`: the hash of the scene, once nothing has changed for a moment. The same on every
 * page of a session: whoever doubts that two people see the same can compare. */
export function watchScene(board: Board, root: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = -1;
  const look = () => {
    if (board.state.turn === turn) return;
    turn = board.state.turn;
    delete root.dataset["scene"];
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const hash = await board.hash();
      if (board.state.turn === turn) root.dataset["scene"] = hash;
    }, STILL_MS);
  };
  const stop = board.on("change", look);
  look();
  return () => {
    stop();
    clearTimeout(timer);
  };
}
