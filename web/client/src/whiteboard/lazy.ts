/** What is fetched when a board opens, and not before. */
export { Board } from "./board";
export { DocumentBoard as BoardView } from "./documents/DocumentBoard";
