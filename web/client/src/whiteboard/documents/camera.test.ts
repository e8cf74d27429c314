import { expect, test } from "vitest";
import { lookingAlong, lookingAt, MAX_ZOOM, MIN_ZOOM, movedTo, regionOf, zoomedBy } from "./camera";

const SCREEN = { width: 1_000, height: 500 };
const PAGE = { x: 100, y: 2_000, width: 800, height: 1_000 };

test("what one looks at is what one sees", () => {
  const seen = regionOf(lookingAt(PAGE, SCREEN), SCREEN);
  expect(seen.height).toBeCloseTo(1_000);
  expect(seen.y).toBeCloseTo(2_000);
  expect(seen.x + seen.width / 2).toBeCloseTo(500);
});

test("what is covered at the edges does not count", () => {
  const insets = { top: 50, right: 100, bottom: 50, left: 0 };
  const camera = lookingAt(PAGE, SCREEN, insets);
  expect(camera.zoom).toBeCloseTo(0.4);
  expect(regionOf(camera, SCREEN, insets).y).toBeCloseTo(2_000);
});

test("fit to width starts at the top of the page; a page that is lower stands in the middle", () => {
  const camera = lookingAlong(PAGE, SCREEN);
  expect(regionOf(camera, SCREEN)).toMatchObject({ x: 100, y: 2_000, width: 800 });
  const low = { ...PAGE, height: 100 };
  const seen = regionOf(lookingAlong(low, SCREEN), SCREEN);
  expect(seen.y + seen.height / 2).toBeCloseTo(2_050);
});

test("another page is shown as large as the last one, from its top", () => {
  const camera = movedTo({ scrollX: 0, scrollY: 0, zoom: 2 }, PAGE, SCREEN);
  expect(camera.zoom).toBe(2);
  expect(regionOf(camera, SCREEN)).toMatchObject({ x: 100, y: 2_000 });
});

test("zoom keeps the middle where it is, and ends at its bounds", () => {
  const before = { scrollX: -100, scrollY: -50, zoom: 1 };
  const middle = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => [x + width / 2, y + height / 2];
  const after = zoomedBy(before, 1.25, SCREEN);
  expect(after.zoom).toBe(1.25);
  expect(middle(regionOf(after, SCREEN))).toEqual(middle(regionOf(before, SCREEN)));
  expect(zoomedBy(before, 1e9, SCREEN).zoom).toBe(MAX_ZOOM);
  expect(lookingAt({ ...PAGE, width: 1e6, height: 1e6 }, SCREEN).zoom).toBe(MIN_ZOOM);
});
