/** The ways that sound and picture take, from the shortest to the last that is left. Pure. */
import type { Path } from "./bodies";

const RUNGS: readonly Path[] = ["direct", "turn-udp", "turn-tcp", "turn-tls", "none"];

/** The way of a talk, of which each end only knows its own half: the farther of the two. */
export function farther(one: Path, other: Path): Path {
  return RUNGS.indexOf(one) >= RUNGS.indexOf(other) ? one : other;
}
