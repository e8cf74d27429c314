/** Draws one picture of the camera anew: the person as they are, the room behind them blurred. What
 * is not surely the person is room. It draws the frame whose mask it has, never a later one. */
import { makeNet, type Net } from "./net";
import { readModel } from "./tflite";

/** So sure must it be that something is the person: below the first it is room, above the second the person. */
const [ROOM, PERSON] = [0.5, 0.9];
/** The room is seen through so few pixels, each of them then mixed with its neighbours. */
const CELL = 4;
const SPREAD = 2;
/** Keeps a cell that is all person from having no colour. */
const LEAST = 0.02;

export class Veil {
  readonly #net: Net;
  readonly #small: OffscreenCanvasRenderingContext2D;
  readonly #mask: OffscreenCanvasRenderingContext2D;
  readonly #room: OffscreenCanvasRenderingContext2D;
  readonly #whole: OffscreenCanvasRenderingContext2D;
  readonly #alpha: ImageData;
  readonly #cells: ImageData;

  /** Throws for what is not the model of persons. */
  constructor(model: ArrayBuffer, allowFast = true) {
    this.#net = makeNet(readModel(model), allowFast);
    const { wide, high, deep } = this.#net.size;
    if (deep !== 3 || this.#net.output.length !== wide * high) throw new Error("not a mask");
    this.#small = canvas(wide, high, true);
    this.#mask = canvas(wide, high);
    this.#room = canvas(wide / CELL, high / CELL);
    this.#whole = canvas(wide, high);
    this.#alpha = new ImageData(wide, high);
    this.#cells = new ImageData(wide / CELL, high / CELL);
  }

  /** The same canvas each time: to be used before the next. */
  draw(frame: CanvasImageSource, wide: number, high: number): OffscreenCanvas {
    const { wide: w, high: h } = this.#net.size;
    const { canvas: whole } = this.#whole;
    if (whole.width !== wide || whole.height !== high) Object.assign(whole, { width: wide, height: high });
    this.#lay("copy", frame);
    this.#small.drawImage(whole, 0, 0, w, h);
    const { data } = this.#small.getImageData(0, 0, w, h);
    const { input, output } = this.#net;
    for (let i = 0, at = 0; i < data.length; i += 4) {
      for (let c = 0; c < 3; c++, at++) input[at] = (data[i + c] as number) / 255;
    }
    this.#net.run();
    outline(output, this.#alpha.data);
    this.#mask.putImageData(this.#alpha, 0, 0);
    blurred(data, this.#alpha.data, w, this.#cells);
    this.#room.putImageData(this.#cells, 0, 0);
    this.#lay("destination-in", this.#mask.canvas);
    this.#lay("destination-over", this.#room.canvas);
    return whole;
  }

  #lay(how: GlobalCompositeOperation, layer: CanvasImageSource): void {
    const { width, height } = this.#whole.canvas;
    this.#whole.globalCompositeOperation = how;
    this.#whole.drawImage(layer, 0, 0, width, height);
  }
}

/** How sure it is that something is the person, as how much of it is let through. */
export function outline(sure: Float32Array, pixels: Uint8ClampedArray): void {
  for (let i = 0; i < sure.length; i++) {
    const part = Math.min(1, Math.max(0, ((sure[i] as number) - ROOM) / (PERSON - ROOM)));
    // What is no number at all is room.
    pixels[4 * i + 3] = part > 0 ? 255 * part * part * (3 - 2 * part) : 0;
  }
}

/** Red, green, blue and full of so many cells. */
type Cells = Pick<ImageData, "width" | "height" | "data">;

/** The colours of the room alone: what is the person would shine around them. */
export function blurred(pixels: Uint8ClampedArray, alpha: Uint8ClampedArray, wide: number, into: Cells): void {
  const { width, height } = into;
  // Red, green, blue and weight of each cell.
  let cells = new Float32Array(4 * width * height);
  for (let y = 0; y < height * CELL; y++) {
    for (let x = 0; x < width * CELL; x++) {
      const at = 4 * (y * wide + x);
      const cell = 4 * (Math.floor(y / CELL) * width + Math.floor(x / CELL));
      const weight = 1 - (alpha[at + 3] as number) / 255 + LEAST;
      for (let c = 0; c < 3; c++) cells[cell + c] = (cells[cell + c] as number) + weight * (pixels[at + c] as number);
      cells[cell + 3] = (cells[cell + 3] as number) + weight;
    }
  }
  for (const [step, count, lines] of [[4, width, height], [4 * width, height, width], [4, width, height], [4 * width, height, width]] as const) {
    cells = mixed(cells, step, count, lines, step === 4 ? 4 * width : 4);
  }
  for (let i = 0; i < cells.length; i += 4) {
    for (let c = 0; c < 3; c++) into.data[i + c] = (cells[i + c] as number) / (cells[i + 3] as number);
    into.data[i + 3] = 255;
  }
}

/** Each cell of each line with its neighbours on both sides. */
function mixed(cells: Float32Array, step: number, count: number, lines: number, nextLine: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(cells.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < count; i++) {
      const to = line * nextLine + i * step;
      for (let near = Math.max(0, i - SPREAD); near <= Math.min(count - 1, i + SPREAD); near++) {
        const from = line * nextLine + near * step;
        for (let c = 0; c < 4; c++) out[to + c] = (out[to + c] as number) + (cells[from + c] as number);
      }
    }
  }
  return out;
}

function canvas(wide: number, high: number, willReadFrequently = false): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(wide, high).getContext("2d", { willReadFrequently });
  if (context === null) throw new Error("no canvas");
  return context;
}
