/** What documents need of the board, the files and the talk around them. The board's own classes have
 * it; here it stands in one place, so that nothing below knows more of them. */
import type { Camera } from "./camera";
import type { Box, Piece } from "./pages";
import type { Reader } from "./ranges";

export type Settled = Piece & { readonly version: number };

/** The board as it is drawn on this page. */
export interface Ground {
  /** Also while it moves by itself. */
  onView(heard: () => void): () => void;
  camera(): Camera;
  look(camera: Camera): void;
  /** Onto the board, not to be undone by one's next undo. */
  lay(pieces: readonly Piece[]): void;
}

/** The board as everybody has it. */
export interface Common {
  onChange(heard: () => void): () => void;
  /** With what was taken away. */
  pieces(): readonly Settled[];
  /** What is to be seen, from back to front. */
  ordered(): readonly Settled[];
  led(): { readonly leader: string | null; readonly locked: boolean };
  /** Somebody who is here now. */
  isHere(participant: string): boolean;
  nameOf(participant: string): string;
}

export interface Stock {
  reader(file: string): Promise<Reader>;
  /** Of this device, not shared yet. Rejects with `PdfTrouble` if that is no PDF at all. */
  local(file: File): Promise<Reader>;
  /** With everybody, to lie on the board; nobody is told before `provided`, and if it rejects, never. */
  share(file: File, provided: Promise<unknown>): Promise<{ id: string; name: string }>;
}

/** How one's own view gets to the others, and theirs to here. */
export interface Sight {
  readonly me: string;
  send(view: Box): void;
  onView(heard: (participant: string, view: Box) => void): () => void;
  /** Somebody came, or came back. */
  onArrival(heard: () => void): () => void;
}
