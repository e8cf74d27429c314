/** Which keys the drawing code may hear of. It knows many more: they make links, empty the board,
 * export it or open dialogues that we do not show. A list of what is allowed, not of what is not. */

/** As much of a KeyboardEvent as matters. */
export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const PLAIN = new Set(
  (
    "Escape Enter Delete Backspace ArrowLeft ArrowRight ArrowUp ArrowDown PageUp PageDown " +
    "Shift Control Meta Alt"
  ).split(" "),
).add(" ");
/** Undo, redo, choose all, copy, cut, paste, double, group; zoom. */
const WITH_CONTROL = new Set(["z", "y", "a", "c", "x", "v", "d", "g", "+", "-", "=", "0"]);

export function isForDrawing(key: Key): boolean {
  if (key.altKey) return key.key === "Alt";
  if (key.ctrlKey || key.metaKey) return WITH_CONTROL.has(key.key.toLowerCase()) || ["Control", "Meta", "Shift"].includes(key.key);
  return PLAIN.has(key.key);
}
