/** The model that we ship finds a person, and the fast loops compute what the plain ones do. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { makeNet, type Net } from "./net";
import { readModel, type Model, type Operation } from "./tflite";

const FILE = new URL("../../node_modules/@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite", import.meta.url);

let file: ArrayBuffer;
let model: Model;
beforeAll(() => {
  file = new Uint8Array(readFileSync(FILE)).buffer;
  model = readModel(file);
});

test("the model is one of pictures, and its answer a mask of the same size", () => {
  const net = makeNet(model);
  expect([net.fast, net.size, net.output.length]).toEqual([true, { high: 144, wide: 256, deep: 3 }, 144 * 256]);
});

describe.each([["fast", true], ["plain", false]] as const)("%s", (_, allowFast) => {
  test("head and shoulders are the person, the corners are not", () => {
    const net = makeNet(model, allowFast);
    net.input.set(somebody());
    net.run();
    const at = (x: number, y: number) => net.output[y * 256 + x] as number;
    expect(Math.min(at(128, 45), at(128, 65), at(128, 130), at(80, 140))).toBeGreaterThan(0.9);
    expect(Math.max(at(8, 8), at(248, 8), at(40, 60), at(216, 60))).toBeLessThan(0.1);
  });
});

test("the fast loops and the plain ones agree, picture after picture", () => {
  const [fast, plain] = [makeNet(model, true), makeNet(model, false)];
  for (const picture of [somebody(), somebody().map((value, index) => (value + ((index * 7919) % 1000) / 1000) / 2)]) {
    expect(difference(fast, plain, picture)).toBeLessThan(1e-3);
  }
});

test("without anybody there is nobody", () => {
  const net = makeNet(model);
  net.input.set(wall());
  net.run();
  expect(net.output.filter((sure) => sure > 0.5).length).toBe(0);
});

test("a file that is cut off, or of something else, is refused", () => {
  expect(() => makeNet(readModel(file.slice(0, 20_000)))).toThrow(RangeError);
  expect(() => makeNet(readModel(new ArrayBuffer(400)))).toThrow(RangeError);
  const [first] = model.operations;
  const unknown = { ...first, code: 99 } as Operation;
  expect(() => makeNet({ ...model, operations: [unknown] })).toThrow("tensor");
});

function difference(one: Net, other: Net, picture: Float32Array): number {
  for (const net of [one, other]) {
    net.input.set(picture);
    net.run();
  }
  return one.output.reduce((most, value, index) => Math.max(most, Math.abs(value - (other.output[index] as number))), 0);
}

function wall(): Float32Array {
  return drawn(() => null);
}

function somebody(): Float32Array {
  const within = (x: number, y: number, x0: number, y0: number, wide: number, high: number) =>
    ((x - x0) / wide) ** 2 + ((y - y0) / high) ** 2 < 1;
  return drawn((x, y) => {
    const across = Math.abs(x - 128);
    if (within(x, y, 128, 57, 31, 30)) {
      const dark = y < 39 || (y < 51 && across > 25) || (Math.abs(across - 12) < 5 && Math.abs(y - 54) < 2);
      return dark ? [58, 40, 28] : [222, 172, 142];
    }
    if (y > 90 && within(x, y, 128, 150, 92, 62)) return [40, 52, 92];
    return across < 15 && y > 80 && y < 96 ? [196, 150, 122] : null;
  });
}

function drawn(colour: (x: number, y: number) => readonly number[] | null): Float32Array {
  const picture = new Float32Array(144 * 256 * 3);
  for (let at = 0; at < picture.length / 3; at++) {
    const [x, y] = [at % 256, Math.floor(at / 256)];
    const shade = (Math.floor(x / 3) + Math.floor(y / 3)) % 2 === 0 ? 225 : 130;
    picture.set((colour(x, y) ?? [shade, shade, shade]).map((value) => value / 255), 3 * at);
  }
  return picture;
}
