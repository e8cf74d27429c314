/** Runs a model (tflite.ts) on one picture after the other: what person segmentation takes of the
 * operations there are, and no other. It does not know what the numbers mean. */
import { packed, plainKernels, type Kernels } from "./kernels";
import { Plan, type Extent } from "./plan";
import { fastKernels } from "./simd";
import type { Model, Operation } from "./tflite";

const PAGE = 65_536;

export interface Net {
  readonly size: Extent;
  /** Row after row, pixel after pixel; to be filled before each run. */
  readonly input: Float32Array;
  readonly output: Float32Array;
  /** Whether the fast loops are used. */
  readonly fast: boolean;
  run(): void;
}

type Step = (kernels: Kernels, floats: Float32Array) => void;

/** Throws for a model with operations that are not known here. */
export function makeNet(model: Model, allowFast = true): Net {
  const plan = new Plan(model);
  const steps = model.operations.flatMap((operation) => stepOf(operation, plan) ?? []);
  const { buffer, kernels, fast } = machine(plan.bytes, allowFast);
  const floats = new Float32Array(buffer);
  for (const [place, numbers] of plan.constants) floats.set(numbers, place >> 2);
  const view = (tensor: number) => new Float32Array(buffer, plan.place(tensor), plan.count(tensor));
  const run = () => steps.forEach((step) => step(kernels, floats));
  return { size: plan.extent(model.input), input: view(model.input), output: view(model.output), fast, run };
}

function machine(bytes: number, allowFast: boolean): { buffer: ArrayBuffer; kernels: Kernels; fast: boolean } {
  if (allowFast) {
    try {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
      return { buffer: memory.buffer as ArrayBuffer, kernels: fastKernels(memory), fast: true };
    } catch {
      // Forbidden, or too old: slower, and the same.
    }
  }
  const buffer = new ArrayBuffer(bytes);
  return { buffer, kernels: plainKernels(buffer), fast: false };
}

function stepOf(operation: Operation, plan: Plan): Step | null {
  const { code, name } = operation;
  if (code === 6) return plan.same(operation);
  if (code === 3) return convolution(operation, plan);
  if (code === 4) return depthwise(operation, plan);
  if (code === 23) return enlarge(operation, plan);
  if (code === 40) return mean(operation, plan);
  if (code === 32 && name === "Convolution2DTransposeBias") return unfold(operation, plan);
  return simple(operation, plan);
}

/** Each number for itself, or with its counterpart. */
function simple({ code, inputs, output, byte }: Operation, plan: Plan): Step {
  const [a = -1, b = -1] = inputs;
  const [x, out, n] = [plan.place(a), plan.make(output, code === 0 || code === 18 ? null : a), plan.count(output)];
  if (code === 19) return (kernels) => kernels.relu(x, out, n);
  if (code === 117) return (kernels) => kernels.hardSwish(x, out, n);
  if (code === 14) {
    return (_, m) => {
      for (let i = 0; i < n; i++) m[(out >> 2) + i] = 1 / (1 + Math.exp(-(m[(x >> 2) + i] as number)));
    };
  }
  const y = plan.place(b);
  if (code === 0 && byte(0) === 0 && plan.count(b) === n) return (kernels) => kernels.add(x, y, out, n);
  const c = plan.count(b);
  if (code === 18 && byte(0) === 0 && c === plan.extent(a).deep) return (kernels) => kernels.scale(x, y, out, n / c, c);
  throw new Error(`operation ${code}`);
}

function convolution({ inputs, output, int, byte }: Operation, plan: Plan): Step {
  const [from = -1, weight = -1, bias = -1] = inputs;
  const [cout = 0, high = 0, wide = 0, cin = 0] = plan.shape(weight);
  if (byte(3) !== 0) throw new Error("activation");
  const deep = high * wide * cin;
  const w = plan.keep(packed(plan.constant(weight), deep, cout));
  const [x, b, out] = [plan.place(from), plan.keep(plan.constant(bias)), plan.make(output)];
  const { high: h, wide: v } = plan.extent(output);
  if (deep === cin) {
    // Four pixels at a time; the single one of a channel's weight is no work.
    const rows = Math.max(4, h * v);
    return (kernels) => kernels.dense(x, w, b, out, rows, cin, cout);
  }
  const patches = plan.room(h * v * deep);
  const gather = gathering(plan.extent(from), plan.extent(output), high, wide, int(1));
  return (kernels, m) => {
    gather(m, x >> 2, patches >> 2);
    kernels.dense(patches, w, b, out, h * v, deep, cout);
  };
}

/** The pixels below each place of a window, side by side; outside of the picture there are zeros. */
function gathering(from: Extent, to: Extent, high: number, wide: number, stride: number) {
  const { deep } = from;
  const [top, left] = [margin(from.high, to.high, high, stride), margin(from.wide, to.wide, wide, stride)];
  return (m: Float32Array, x: number, out: number): void => {
    let at = out;
    for (let y = 0; y < to.high; y++) {
      for (let z = 0; z < to.wide; z++) {
        for (let ky = 0; ky < high; ky++) {
          for (let kx = 0; kx < wide; kx++, at += deep) {
            const [row, column] = [y * stride - top + ky, z * stride - left + kx];
            const inside = row >= 0 && row < from.high && column >= 0 && column < from.wide;
            const pixel = x + (row * from.wide + column) * deep;
            for (let c = 0; c < deep; c++) m[at + c] = inside ? (m[pixel + c] as number) : 0;
          }
        }
      }
    }
  };
}

function depthwise({ inputs, output, int, byte }: Operation, plan: Plan): Step {
  const [from = -1, weight = -1, bias = -1] = inputs;
  const [, high = 0, wide = 0, deep = 0] = plan.shape(weight);
  if (byte(4) !== 0 || int(3) !== 1) throw new Error("activation");
  const [x, w, b] = [plan.place(from), plan.keep(plan.constant(weight)), plan.keep(plan.constant(bias))];
  const [before, after, out, stride] = [plan.extent(from), plan.extent(output), plan.make(output), int(1)];
  const rows = windows(before.high, after.high, high, stride);
  const columns = windows(before.wide, after.wide, wide, stride);
  const [pixel, xRow, wRow] = [4 * deep, 4 * deep * before.wide, 4 * deep * wide];
  return (kernels) => {
    let to = out;
    for (const row of rows) {
      for (const column of columns) {
        const at = x + row.at * xRow + column.at * pixel;
        const taps = w + row.skipped * wRow + column.skipped * pixel;
        kernels.taps(at, xRow, taps, wRow, b, to, row.taken, column.taken, deep);
        to += pixel;
      }
    }
  };
}

/** For each place of a window along one side: where it begins inside of the picture, and which part of it is there. */
function windows(before: number, after: number, width: number, stride: number) {
  const edge = margin(before, after, width, stride);
  return Array.from({ length: after }, (_, index) => {
    const start = index * stride - edge;
    const at = Math.max(0, start);
    return { at, skipped: at - start, taken: Math.min(before, start + width) - at };
  });
}

/** Padding "same". */
function margin(before: number, after: number, width: number, stride: number): number {
  return Math.max(0, (after - 1) * stride + width - before) >> 1;
}

function mean({ inputs: [from = -1], output }: Operation, plan: Plan): Step {
  const { high, wide, deep } = plan.extent(from);
  const [x, out] = [plan.place(from) >> 2, plan.make(output) >> 2];
  return (_, m) => {
    m.fill(0, out, out + deep);
    for (let i = 0; i < high * wide * deep; i += deep) {
      for (let c = 0; c < deep; c++) m[out + c] = (m[out + c] as number) + (m[x + i + c] as number);
    }
    for (let c = 0; c < deep; c++) m[out + c] = (m[out + c] as number) / (high * wide);
  };
}

/** Bilinear, with the centres of the pixels on each other. */
function enlarge({ inputs: [from = -1], output, byte }: Operation, plan: Plan): Step {
  if (byte(2) !== 0 || byte(3) !== 1) throw new Error("alignment");
  const [before, after] = [plan.extent(from), plan.extent(output)];
  const [rows, columns] = [between(before.high, after.high), between(before.wide, after.wide)];
  const { deep } = before;
  const [x, out] = [plan.place(from) >> 2, plan.make(output) >> 2];
  return (_, m) => {
    const at = (index: number) => m[index] as number;
    let to = out;
    for (const row of rows) {
      const [upper, lower] = [x + row.low * before.wide * deep, x + row.high * before.wide * deep];
      for (const { low, high, part } of columns) {
        const [p, q] = [low * deep, high * deep];
        for (let c = 0; c < deep; c++, to++) {
          const above = at(upper + p + c) + (at(upper + q + c) - at(upper + p + c)) * part;
          const below = at(lower + p + c) + (at(lower + q + c) - at(lower + p + c)) * part;
          m[to] = above + (below - above) * row.part;
        }
      }
    }
  };
}

function between(before: number, after: number) {
  return Array.from({ length: after }, (_, index) => {
    const exact = Math.max(0, ((index + 0.5) * before) / after - 0.5);
    const low = Math.floor(exact);
    return { low, high: Math.min(before - 1, low + 1), part: exact - low };
  });
}

/** Each pixel becomes two by two; MediaPipe's own operation. */
function unfold({ inputs, output }: Operation, plan: Plan): Step {
  const [from = -1, weight = -1, bias = -1] = inputs;
  const { high, wide, deep } = plan.extent(from);
  const after = plan.extent(output);
  if (after.high !== 2 * high || after.wide !== 2 * wide || after.deep !== 1) throw new Error("transpose");
  const [w, b] = [plan.constant(weight), plan.constant(bias)[0] as number];
  const [x, out] = [plan.place(from) >> 2, plan.make(output) >> 2];
  return (_, m) => {
    for (let y = 0; y < high; y++) {
      for (let z = 0; z < wide; z++) {
        const pixel = x + (y * wide + z) * deep;
        for (let corner = 0; corner < 4; corner++) {
          let sum = b;
          for (let c = 0; c < deep; c++) sum += (m[pixel + c] as number) * (w[corner * deep + c] as number);
          m[out + (2 * y + (corner >> 1)) * after.wide + 2 * z + (corner & 1)] = sum;
        }
      }
    }
  };
}
