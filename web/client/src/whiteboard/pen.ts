/** A pen without a hand: gives the drawing canvas the pointer events that a mouse would. */
import type { Pen } from "./steering";

export class CanvasPen implements Pen {
  readonly #root: HTMLElement;
  readonly #scroll: (x: number, y: number) => void;
  #down = false;

  constructor(root: HTMLElement, scroll: (x: number, y: number) => void) {
    this.#root = root;
    this.#scroll = scroll;
  }

  size(): { width: number; height: number } {
    const { width, height } = this.#root.getBoundingClientRect();
    return { width, height };
  }

  down(x: number, y: number): void {
    this.#give("pointermove", x, y);
    this.#down = true;
    this.#give("pointerdown", x, y);
  }

  move(x: number, y: number): void {
    this.#give("pointermove", x, y);
  }

  up(x: number, y: number): void {
    this.#give("pointermove", x, y);
    this.#down = false;
    this.#give("pointerup", x, y);
  }

  tap(x: number, y: number): void {
    this.down(x, y);
    // Not at once: what the canvas makes of the one it must know before the other comes.
    setTimeout(() => this.up(x, y));
  }

  scroll(x: number, y: number): void {
    this.#scroll(x, y);
  }

  #give(type: string, x: number, y: number): void {
    const canvas = this.#root.querySelector<HTMLCanvasElement>("canvas.interactive");
    if (canvas === null) return;
    const { left, top } = this.#root.getBoundingClientRect();
    // There is no such pointer that could be captured.
    canvas.setPointerCapture = () => undefined;
    canvas.dispatchEvent(
      new PointerEvent(type, {
        bubbles: true,
        cancelable: true,
        clientX: left + x,
        clientY: top + y,
        pointerId: 1,
        pointerType: "mouse",
        isPrimary: true,
        button: type === "pointermove" ? -1 : 0,
        buttons: this.#down ? 1 : 0,
        pressure: this.#down ? 0.5 : 0,
      }),
    );
    delete (canvas as Partial<HTMLCanvasElement>).setPointerCapture;
  }
}
