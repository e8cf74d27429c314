/** What of a picture is let through, and that nothing can be read of the room. */
import { describe, expect, test } from "vitest";
import { blurred, outline } from "./veil";

const [WIDE, HIGH, CELL] = [64, 32, 4];

describe("the outline", () => {
  const alpha = (...sure: number[]) => {
    const pixels = new Uint8ClampedArray(4 * sure.length);
    outline(Float32Array.from(sure), pixels);
    return sure.map((_, index) => pixels[4 * index + 3]);
  };

  test("lets through what is surely the person, and nothing of the room", () => {
    expect(alpha(0, 0.5, 0.9, 1)).toEqual([0, 0, 255, 255]);
    const [between] = alpha(0.7);
    expect([between! > 0, between! < 255]).toEqual([true, true]);
  });

  test("takes what is no number for the room", () => {
    expect(alpha(Number.NaN, Number.NEGATIVE_INFINITY)).toEqual([0, 0]);
  });
});

describe("the room", () => {
  const cells = () => ({ width: WIDE / CELL, height: HIGH / CELL, data: new Uint8ClampedArray(4 * (WIDE / CELL) * (HIGH / CELL)) });
  const picture = (shade: (x: number, y: number) => number) =>
    Uint8ClampedArray.from({ length: 4 * WIDE * HIGH }, (_, at) => shade(Math.floor(at / 4) % WIDE, Math.floor(at / 4 / WIDE)));
  const spread = (data: ArrayLike<number>) => {
    const reds = Array.from(data).filter((_, at) => at % 4 === 0);
    return Math.max(...reds) - Math.min(...reds);
  };

  test("letters of the size of a book's back are one grey", () => {
    const [rough, into] = [picture((x, y) => (Math.floor(x / 2) + Math.floor(y / 2)) % 2 === 0 ? 255 : 0), cells()];
    blurred(rough, new Uint8ClampedArray(4 * WIDE * HIGH), WIDE, into as unknown as ImageData);
    expect(spread(rough)).toBe(255);
    expect(spread(into.data)).toBeLessThan(4);
  });

  test("a window stays a light place, without an edge", () => {
    const into = cells();
    blurred(picture((x) => (x < WIDE / 2 ? 255 : 0)), new Uint8ClampedArray(4 * WIDE * HIGH), WIDE, into as unknown as ImageData);
    const row = Array.from({ length: into.width }, (_, x) => into.data[4 * x] as number);
    const steps = row.slice(1).map((shade, index) => Math.abs(shade - (row[index] as number)));
    expect([row[0], row.at(-1)]).toEqual([255, 0]);
    expect(Math.max(...steps)).toBeLessThan(70);
  });

  test("is not coloured by the person before it", () => {
    const into = cells();
    const person = (x: number) => x > 20 && x < 44;
    const alpha = picture((x) => (person(x) ? 255 : 0));
    blurred(picture((x) => (person(x) ? 0 : 200)), alpha, WIDE, into as unknown as ImageData);
    expect(spread(into.data)).toBeLessThan(20);
  });
});
