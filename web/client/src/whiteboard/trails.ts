/** The light that a laser leaves behind for a moment, as lines in an SVG. */
import type { Pointer } from "./pointers";

interface Eye {
  view(): { x: number; y: number };
  readonly zoom: number;
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly atMs: number;
}

const GLOW_MS = 1_200;

export class Trails {
  readonly #svg: SVGSVGElement;
  readonly #eye: Eye;
  readonly #trails = new Map<string, { spots: Spot[]; line: SVGPolylineElement }>();
  #frame = 0;

  constructor(svg: SVGSVGElement, eye: Eye) {
    this.#svg = svg;
    this.#eye = eye;
  }

  follow({ participant, color, tool, down, x, y }: Pointer): void {
    if (tool !== "laser" || !down) return;
    const trail = this.#trails.get(participant) ?? { spots: [], line: this.#line(color.background) };
    const last = trail.spots.at(-1);
    if (last?.x === x && last.y === y) return;
    trail.spots.push({ x, y, atMs: performance.now() });
    this.#trails.set(participant, trail);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    for (const { line } of this.#trails.values()) line.remove();
  }

  #line(color: string): SVGPolylineElement {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    line.setAttribute("stroke", color);
    this.#svg.append(line);
    return line;
  }

  #draw(): void {
    this.#frame = 0;
    const since = performance.now() - GLOW_MS;
    const [{ x: left, y: top }, zoom] = [this.#eye.view(), this.#eye.zoom];
    for (const [participant, { spots, line }] of this.#trails) {
      while (spots[0] !== undefined && spots[0].atMs < since) spots.shift();
      line.setAttribute("points", spots.map(({ x, y }) => `${(x - left) * zoom},${(y - top) * zoom}`).join(" "));
      if (spots.length > 0) continue;
      line.remove();
      this.#trails.delete(participant);
    }
    if (this.#trails.size > 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }
}
