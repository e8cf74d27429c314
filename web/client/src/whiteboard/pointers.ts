/** Where the others point: who, in which colour, and gone when nothing more is heard of them. */
import type { Bodies } from "../sessions/bodies";

export interface Pointer {
  readonly participant: string;
  readonly name: string;
  readonly color: Color;
  readonly x: number;
  readonly y: number;
  readonly tool: "pointer" | "laser";
  readonly down: boolean;
  readonly atMs: number;
}

export interface Color {
  readonly background: string;
  readonly stroke: string;
}

const QUIET_MS = 8_000;
const REACH = 1_000_000;
/** White on each has a contrast of more than 4.5:1. */
const COLORS: readonly Color[] = ["#b3261e", "#0b5c74", "#6a3fa0", "#1c7a45", "#8a5a00", "#a3246b"].map(
  (background) => ({ background, stroke: background }),
);

export class Pointers {
  readonly #all = new Map<string, Pointer>();
  /** In the order in which they came: the first two people never look alike. */
  readonly #order: string[] = [];

  get all(): readonly Pointer[] {
    return [...this.#all.values()];
  }

  colorOf(participant: string): Color {
    if (!this.#order.includes(participant)) this.#order.push(participant);
    return COLORS[this.#order.indexOf(participant) % COLORS.length] as Color;
  }

  take(participant: string, name: string, body: Bodies["board.pointer"], atMs: number): void {
    if (Math.abs(body.x) > REACH || Math.abs(body.y) > REACH) return;
    const { x, y, tool, down } = body;
    this.#all.set(participant, { participant, name, color: this.colorOf(participant), x, y, tool, down, atMs });
  }

  /** True if somebody's pointer is gone. */
  expire(nowMs: number): boolean {
    const old = this.all.filter((pointer) => nowMs - pointer.atMs > QUIET_MS);
    for (const { participant } of old) this.#all.delete(participant);
    return old.length > 0;
  }

  drop(participant: string): boolean {
    return this.#all.delete(participant);
  }
}
