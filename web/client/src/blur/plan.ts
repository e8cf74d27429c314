/** Where everything of a model lies in one piece of memory: its constants, and what is computed. */
import type { Model, Operation } from "./tflite";

export interface Extent {
  readonly high: number;
  readonly wide: number;
  /** Numbers of each pixel. */
  readonly deep: number;
}

/** The fast loops take four pixels at a time, also where there is one: so much room is behind it. */
const SPARE = 4;

export class Plan {
  /** In bytes, so far. */
  bytes = 0;
  /** What is to be written where before the first run. */
  readonly constants: (readonly [place: number, numbers: Float32Array])[] = [];
  readonly #model: Model;
  readonly #known = new Map<number, Float32Array>();
  readonly #places = new Map<number, number>();
  readonly #readers = new Map<number, number>();

  constructor(model: Model) {
    this.#model = model;
    model.tensors.forEach(({ data, half }, tensor) => {
      if (data !== null && data.length % (half ? 2 : 4) === 0) this.#known.set(tensor, half ? halves(data) : new Float32Array(data.slice().buffer));
    });
    for (const input of model.operations.flatMap(({ inputs }) => inputs)) {
      this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
    }
    this.make(model.input);
  }

  shape(tensor: number): readonly number[] {
    return this.#model.tensors[tensor]?.shape ?? [];
  }

  extent(tensor: number): Extent {
    const [, high = 1, wide = 1, deep = 1] = this.shape(tensor);
    return { high, wide, deep };
  }

  count(tensor: number): number {
    return this.shape(tensor).reduce((product, length) => product * length, 1);
  }

  /** Byte offset of what was computed before. */
  place(tensor: number): number {
    const place = this.#places.get(tensor);
    if (place === undefined) throw new Error(`tensor ${tensor}`);
    return place;
  }

  /** Room for a result; that of `from`, where nobody else reads it. */
  make(tensor: number, from: number | null = null): number {
    const alone = from !== null && this.#readers.get(from) === 1 && from !== this.#model.input;
    const { deep } = this.extent(tensor);
    const place = alone ? this.place(from) : this.room(Math.max(this.count(tensor), SPARE * deep));
    this.#places.set(tensor, place);
    return place;
  }

  constant(tensor: number): Float32Array {
    const known = this.#known.get(tensor);
    if (known === undefined) throw new Error(`constant ${tensor}`);
    return known;
  }

  /** Have these numbers in memory before the first run. */
  keep(numbers: Float32Array): number {
    const place = this.room(numbers.length);
    this.constants.push([place, numbers]);
    return place;
  }

  room(count: number): number {
    const place = this.bytes;
    this.bytes += Math.ceil(count / 4) * 16;
    return place;
  }

  /** A constant by another name. */
  same({ inputs: [from = -1], output }: Operation): null {
    this.#known.set(output, this.constant(from));
    return null;
  }
}

/** IEEE 754 half precision, little-endian. */
function halves(data: Uint8Array<ArrayBuffer>): Float32Array {
  return Float32Array.from(new Uint16Array(data.slice().buffer), (bits) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}
