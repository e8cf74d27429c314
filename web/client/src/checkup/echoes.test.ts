import { expect, test } from "vitest";
import { Echoes } from "./echoes";

interface Way {
  readonly tripMs?: (number: number) => number;
  readonly lostUp?: (number: number) => boolean;
  readonly lostDown?: (number: number) => boolean;
}

const DENSE_MS = 30;
const DENSE_BYTES = 1_100;

/** A hundred sparse packets, one in 20 ms, then fifty dense ones, over such a network. */
function over({ tripMs = () => 40, lostUp = () => false, lostDown = () => false }: Way, stretch = 1): Echoes {
  const echoes = new Echoes();
  let came = 0;
  const dense = (number: number) => Math.max(0, number - 100);
  for (let number = 0; number < 150; number += 1) {
    if (number === 100) echoes.densely();
    const bytes = number < 100 ? 120 : DENSE_BYTES;
    const atMs = Math.min(number, 100) * 20 + dense(number) * DENSE_MS;
    const packet = echoes.packet(bytes);
    echoes.sent(bytes, atMs);
    if (lostUp(number)) continue;
    came += 1;
    const backMs = Math.min(number, 100) * 20 + dense(number) * DENSE_MS * stretch + tripMs(number);
    const view = new DataView(packet);
    view.setUint32(4, came);
    view.setUint32(8, 5_000 + backMs - 20);
    if (!lostDown(number)) echoes.back(packet, backMs);
  }
  return echoes;
}

test("an even network shows its round trip, no loss, and all that was tried", () => {
  const figures = over({}).figures();
  expect(figures).toMatchObject({ rtt_ms: 40, jitter_ms: 0, loss_pct: 0 });
  expect(figures.up_kbps).toBeCloseTo((8 * DENSE_BYTES) / DENSE_MS, 0);
  expect(figures.down_kbps).toBeCloseTo((8 * DENSE_BYTES) / DENSE_MS, 0);
});

test("jitter is what one round trip differs from the next", () => {
  expect(over({ tripMs: (number) => (number % 2 === 0 ? 40 : 70) }).figures().jitter_ms).toBe(30);
});

test.each([
  ["up", { lostUp: (number: number) => number % 10 === 5 }],
  ["down", { lostDown: (number: number) => number % 10 === 5 }],
])("loss on the way %s is that of this way alone", (_, way) => {
  expect(over(way).figures().loss_pct).toBe(10);
});

test("loss is of the worse way, not the sum of both", () => {
  const figures = over({
    lostUp: (number) => number % 10 === 5,
    lostDown: (number) => number % 5 === 1,
  }).figures();
  expect(figures.loss_pct).toBe(20);
});

test("a way that takes twice as long to carry it carries half", () => {
  const figures = over({}, 2).figures();
  expect(figures.up_kbps).toBeCloseTo((4 * DENSE_BYTES) / DENSE_MS, 0);
  expect(figures.down_kbps).toBeCloseTo((4 * DENSE_BYTES) / DENSE_MS, 0);
});

test("a page that could not keep up says nothing of the network, one that was held does", () => {
  const echoes = over({});
  expect(echoes.figures(280).up_kbps).not.toBeNull();
  expect(echoes.figures(310)).toMatchObject({ up_kbps: null, down_kbps: null, rtt_ms: 40 });
  echoes.held = true;
  expect(echoes.figures(310).up_kbps).not.toBeNull();
});

test("where nothing comes back, everything is lost and no round trip is known", () => {
  expect(over({ lostDown: () => true }).figures()).toEqual({
    rtt_ms: null,
    jitter_ms: null,
    loss_pct: 100,
    up_kbps: 0,
    down_kbps: 0,
  });
});

test("what is no packet of ours changes nothing", () => {
  const echoes = new Echoes();
  const packet = echoes.packet(100);
  echoes.sent(100, 0);
  for (const foreign of ["text", new ArrayBuffer(3), new ArrayBuffer(99), null]) echoes.back(foreign, 5);
  expect(echoes.figures()).toMatchObject({ rtt_ms: null, loss_pct: 100 });
  echoes.back(packet, 10);
  echoes.back(packet, 500); // once more
  expect(echoes.figures().rtt_ms).toBe(10);
});

test("a page that sent nothing found nothing", () => {
  const nothing = { rtt_ms: null, jitter_ms: null, loss_pct: null, up_kbps: null, down_kbps: null };
  expect(new Echoes().figures()).toEqual(nothing);
});
