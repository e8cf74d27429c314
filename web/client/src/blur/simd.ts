/** The same loops (kernels.ts), four numbers at a time: assembled here, byte by byte, into a
 * WebAssembly module of about one kilobyte. Opcodes as in the WebAssembly 2.0 specification, appendix "Index of Instructions". */
import { LANES, type Kernels } from "./kernels";

const LOCALS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const;

type Code = readonly (number | Code)[];

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const I32 = 0x7f;
const V128 = 0x7b;
const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [value, 0x21, local];
const int = (value: number): Code => [0x41, value]; // below 64: one byte
const plus = (a: Code, b: Code): Code => [a, b, 0x6a];
const shifted = (a: Code, bits: number): Code => [a, int(bits), 0x74];
const halved = (a: Code, bits: number): Code => [a, int(bits), 0x76];
const step = (local: number, by: Code): Code => set(local, plus(get(local), by));
const load = (place: Code, offset = 0): Code => [place, 0xfd, 0x00, 2, offset];
const spread = (place: Code): Code => [place, 0xfd, 0x09, 2, 0];
const store = (place: Code, value: Code, offset = 0): Code => [place, value, 0xfd, 0x0b, 2, offset];
const sum = (a: Code, b: Code): Code => [a, b, 0xfd, 0xe4, 0x01];
const times = (a: Code, b: Code): Code => [a, b, 0xfd, 0xe6, 0x01];
const least = (a: Code, b: Code): Code => [a, b, 0xfd, 0xe8, 0x01];
const most = (a: Code, b: Code): Code => [a, b, 0xfd, 0xe9, 0x01];
const all = (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), 0xfd, 0x13];
/** At least once. */
const repeat = (counter: number, body: Code): Code => [
  [0x03, 0x40, body],
  [get(counter), int(1), 0x6b, 0x22, counter, 0x0d, 0x00, 0x0b],
];

interface Loop {
  readonly name: keyof Kernels;
  readonly parameters: number;
  readonly ints: number;
  readonly vectors: number;
  readonly body: Code;
}

/** Four pixels by eight outputs stay in registers. */
function dense(): Loop {
  const [x, w, b, out, pixels, cin, cout, block, i, xAt, wAt, bAt, outAt, xRow, outRow, q] = LOCALS;
  const sums = [0, 1, 2, 3].map((pixel) => [16 + 2 * pixel, 17 + 2 * pixel] as const);
  const [w0, w1, value] = [24, 25, 26];
  const body = [
    set(xRow, shifted(get(cin), 2)),
    set(outRow, shifted(get(cout), 2)),
    set(pixels, halved(get(pixels), 2)),
    repeat(pixels, [
      set(wAt, get(w)),
      set(bAt, get(b)),
      set(outAt, get(out)),
      set(block, halved(get(cout), 3)),
      repeat(block, [
        sums.map(([low, high]) => [set(low, load(get(bAt))), set(high, load(get(bAt), 16))]),
        set(xAt, get(x)),
        set(i, get(cin)),
        repeat(i, [
          set(w0, load(get(wAt))),
          set(w1, load(get(wAt), 16)),
          set(q, get(xAt)),
          sums.map(([low, high], pixel) => [
            set(value, spread(get(q))),
            set(low, sum(get(low), times(get(value), get(w0)))),
            set(high, sum(get(high), times(get(value), get(w1)))),
            pixel < 3 ? step(q, get(xRow)) : [],
          ]),
          step(xAt, int(4)),
          step(wAt, int(4 * LANES)),
        ]),
        set(q, get(outAt)),
        sums.map(([low, high]) => [store(get(q), get(low)), store(get(q), get(high), 16), step(q, get(outRow))]),
        step(bAt, int(4 * LANES)),
        step(outAt, int(4 * LANES)),
      ]),
      step(x, shifted(get(xRow), 2)),
      step(out, shifted(get(outRow), 2)),
    ]),
  ];
  return { name: "dense", parameters: 7, ints: 9, vectors: 11, body };
}

function taps(): Loop {
  const [x, xRow, w, wRow, b, out, high, wide, c, pixel, ky, kx, xAt, wAt, xq, wq] = LOCALS;
  const total = 16;
  const body = [
    set(pixel, shifted(get(c), 2)),
    set(c, halved(get(c), 2)),
    repeat(c, [
      set(total, load(get(b))),
      [set(xAt, get(x)), set(wAt, get(w)), set(ky, get(high))],
      repeat(ky, [
        [set(xq, get(xAt)), set(wq, get(wAt)), set(kx, get(wide))],
        repeat(kx, [
          set(total, sum(get(total), times(load(get(xq)), load(get(wq))))),
          step(xq, get(pixel)),
          step(wq, get(pixel)),
        ]),
        step(xAt, get(xRow)),
        step(wAt, get(wRow)),
      ]),
      store(get(out), get(total)),
      [x, w, b, out].map((one) => step(one, int(16))),
    ]),
  ];
  return { name: "taps", parameters: 9, ints: 7, vectors: 1, body };
}

/** One result for each number of `x`, and of `y` where there is one. */
function each(name: keyof Kernels, operands: 1 | 2, result: (operand: Code[]) => Code): Loop {
  const [out, n] = [operands, operands + 1];
  const places = LOCALS.slice(0, operands);
  const body = [
    set(n, halved(get(n), 2)),
    repeat(n, [
      store(get(out), result(places.map((place) => load(get(place))))),
      [...places, out].map((place) => step(place, int(16))),
    ]),
  ];
  return { name, parameters: operands + 2, ints: 0, vectors: 0, body };
}

function scale(): Loop {
  const [x, y, out, pixels, c, i, yAt] = LOCALS;
  const body = [
    set(c, halved(get(c), 2)),
    repeat(pixels, [
      [set(i, get(c)), set(yAt, get(y))],
      repeat(i, [
        store(get(out), times(load(get(x)), load(get(yAt)))),
        [x, yAt, out].map((place) => step(place, int(16))),
      ]),
    ]),
  ];
  return { name: "scale", parameters: 5, ints: 2, vectors: 0, body };
}

/** Throws where WebAssembly, or its SIMD half, is not to be had. */
export function fastKernels(memory: WebAssembly.Memory): Kernels {
  const module = new WebAssembly.Module(assembled());
  return new WebAssembly.Instance(module, { blur: { memory } }).exports as unknown as Kernels;
}

function assembled(): Uint8Array<ArrayBuffer> {
  const loops = [
    dense(),
    taps(),
    each("relu", 1, ([x = []]) => most(all(0), x)),
    each("hardSwish", 1, ([x = []]) => times(x, times(least(all(6), most(all(0), sum(x, all(3)))), all(1 / 6)))),
    each("add", 2, ([x = [], y = []]) => sum(x, y)),
    scale(),
  ];
  const pages = [...name("blur"), ...name("memory"), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, loops.map((loop) => [0x60, loop.parameters, ...Array(loop.parameters).fill(I32), 0])),
    ...section(2, [pages]),
    ...section(3, loops.map((_, index) => [index])),
    ...section(7, loops.map((loop, index) => [...name(loop.name), 0x00, index])),
    ...section(10, loops.map((loop) => sized([2, loop.ints, I32, loop.vectors, V128, ...flat(loop.body), 0x0b]))),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  return [id, ...sized([entries.length, ...entries.flat()])];
}

function name(text: string): number[] {
  return sized([...new TextEncoder().encode(text)]);
}

/** The length first, as LEB128. */
function sized(bytes: readonly number[]): number[] {
  const length = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    if (rest < 0x80) return [...length, rest, ...bytes];
    length.push((rest & 0x7f) | 0x80);
  }
}

function flat(code: Code): number[] {
  return code.flatMap((one) => (typeof one === "number" ? one : flat(one)));
}
