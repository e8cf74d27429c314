/** The six loops in which the time goes, in plain JavaScript: what runs where there is no
 * WebAssembly, and what the fast ones (simd.ts) are measured against. All work on one memory;
 * places are byte offsets into it, numbers are 32-bit floats, every count of them divides by four. */

export interface Kernels {
  /** `out = b + x · w` for `pixels` rows of `cin` numbers; `w` lies as `packed` puts it. */
  dense(x: number, w: number, b: number, out: number, pixels: number, cin: number, cout: number): void;
  /** One pixel of a depthwise convolution: `high` by `wide` taps of `c` channels each, rows `xRow` and `wRow` bytes apart. */
  taps(x: number, xRow: number, w: number, wRow: number, b: number, out: number, high: number, wide: number, c: number): void;
  relu(x: number, out: number, n: number): void;
  hardSwish(x: number, out: number, n: number): void;
  add(x: number, y: number, out: number, n: number): void;
  /** Each of `pixels` rows times the one row `y`. */
  scale(x: number, y: number, out: number, pixels: number, c: number): void;
}

/** So many outputs are computed together. */
export const LANES = 8;

/** Weights (cout rows of cin) in the order in which `dense` reads them: eight outputs beside each other. */
export function packed(weights: Float32Array, cin: number, cout: number): Float32Array {
  const order = new Float32Array(weights.length);
  for (let out = 0; out < cout; out++) {
    const block = (out - (out % LANES)) * cin + (out % LANES);
    for (let i = 0; i < cin; i++) order[block + i * LANES] = weights[out * cin + i] as number;
  }
  return order;
}

export function plainKernels(buffer: ArrayBuffer): Kernels {
  const m = new Float32Array(buffer);
  const at = (index: number) => m[index] as number;
  return {
    dense(xAt, wAt, bAt, outAt, pixels, cin, cout) {
      const [x, w, b, out] = [xAt >> 2, wAt >> 2, bAt >> 2, outAt >> 2];
      for (let p = 0; p < pixels; p++) {
        for (let c = 0; c < cout; c++) {
          let sum = at(b + c);
          const block = w + (c - (c % LANES)) * cin + (c % LANES);
          for (let i = 0; i < cin; i++) sum += at(x + p * cin + i) * at(block + i * LANES);
          m[out + p * cout + c] = sum;
        }
      }
    },
    taps(xAt, xRow, wAt, wRow, bAt, outAt, high, wide, channels) {
      const [x, w, b, out] = [xAt >> 2, wAt >> 2, bAt >> 2, outAt >> 2];
      for (let c = 0; c < channels; c++) {
        let sum = at(b + c);
        for (let ky = 0; ky < high; ky++) {
          const [xq, wq] = [x + ky * (xRow >> 2) + c, w + ky * (wRow >> 2) + c];
          for (let kx = 0; kx < wide; kx++) sum += at(xq + kx * channels) * at(wq + kx * channels);
        }
        m[out + c] = sum;
      }
    },
    relu(x, out, n) {
      for (let i = 0; i < n; i++) m[(out >> 2) + i] = Math.max(0, at((x >> 2) + i));
    },
    hardSwish(x, out, n) {
      for (let i = 0; i < n; i++) {
        const value = at((x >> 2) + i);
        m[(out >> 2) + i] = (value * Math.min(6, Math.max(0, value + 3))) / 6;
      }
    },
    add(x, y, out, n) {
      for (let i = 0; i < n; i++) m[(out >> 2) + i] = at((x >> 2) + i) + at((y >> 2) + i);
    },
    scale(x, y, out, pixels, channels) {
      for (let i = 0; i < pixels * channels; i++) m[(out >> 2) + i] = at((x >> 2) + i) * at((y >> 2) + (i % channels));
    },
  };
}
