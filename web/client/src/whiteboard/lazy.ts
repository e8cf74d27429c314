/** What is fetched when a board opens, and not before. */
export { Board } from "./board";
export { BoardView } from "./BoardView";
