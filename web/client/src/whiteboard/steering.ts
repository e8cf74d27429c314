/** Drawing with the keyboard: arrow keys move a cross over the board, Enter puts the pen down and
 * lifts it again. What the pen does is the chosen tool's affair. Knows no DOM. */
import type { Key } from "./keys";

export interface Pen {
  /** Of what is seen, in CSS pixels. */
  size(): { width: number; height: number };
  down(x: number, y: number): void;
  move(x: number, y: number): void;
  up(x: number, y: number): void;
  /** Down and up again in one place. */
  tap(x: number, y: number): void;
  /** Show another part; in CSS pixels. */
  scroll(x: number, y: number): void;
}

export interface Cross {
  readonly x: number;
  readonly y: number;
  readonly down: boolean;
}

const STEP = 10;
const FINE = 1;
const WIDE = 50;
const EDGE = 24;
const SHIFTS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Steering {
  readonly #pen: Pen;
  #cross: Cross | null = null;

  constructor(pen: Pen) {
    this.#pen = pen;
  }

  /** Where the cross is; null while nobody steers. */
  get cross(): Cross | null {
    return this.#cross;
  }

  /** True if the key was for us. Shift: finer; Control: wider. `taps`: the tool needs a place only. */
  press({ key, shiftKey, ctrlKey }: Pick<Key, "key" | "shiftKey" | "ctrlKey">, taps = false): boolean {
    const shift = SHIFTS[key];
    if (shift !== undefined) this.#move(shift, shiftKey ? FINE : ctrlKey ? WIDE : STEP);
    else if (key === "Enter" || key === " ") this.#press(taps);
    else if (key === "Escape" && this.#cross !== null) this.rest();
    else return false;
    return true;
  }

  /** Lift the pen, and hide the cross. */
  rest(): void {
    const cross = this.#cross;
    this.#cross = null;
    if (cross?.down === true) this.#pen.up(cross.x, cross.y);
  }

  #move([x, y]: readonly [number, number], by: number): void {
    const from = this.#cross ?? this.#middle();
    const { width, height } = this.#pen.size();
    const [wantedX, wantedY] = [from.x + x * by, from.y + y * by];
    const to = { x: within(wantedX, width), y: within(wantedY, height), down: from.down };
    // At the edge the board moves instead; not under a pen that is down: what it draws would jump.
    if (!from.down && (to.x !== wantedX || to.y !== wantedY)) this.#pen.scroll(wantedX - to.x, wantedY - to.y);
    this.#cross = to;
    this.#pen.move(to.x, to.y);
  }

  #press(taps: boolean): void {
    const cross = this.#cross ?? this.#middle();
    if (taps && !cross.down) {
      this.#cross = cross;
      this.#pen.tap(cross.x, cross.y);
      return;
    }
    if (cross.down) this.#pen.up(cross.x, cross.y);
    else this.#pen.down(cross.x, cross.y);
    this.#cross = { ...cross, down: !cross.down };
  }

  #middle(): Cross {
    const { width, height } = this.#pen.size();
    return { x: Math.round(width / 2), y: Math.round(height / 2), down: false };
  }
}

function within(value: number, size: number): number {
  return Math.min(size - EDGE, Math.max(EDGE, value));
}
