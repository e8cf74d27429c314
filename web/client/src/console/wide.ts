/** On a wide screen the chat stands beside the stage from the start; on a phone it is called. */
export function wide(): boolean {
  return window.matchMedia("(min-width: 62rem)").matches;
}
