/** Where one looks on the board: scroll and zoom as Excalidraw counts them, regions of the scene as
 * `board.view` tells them. Pure. */
import type { Box } from "./pages";

export interface Camera {
  /** Added to scene coordinates before they are zoomed. */
  readonly scrollX: number;
  readonly scrollY: number;
  readonly zoom: number;
}

/** CSS pixels. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** CSS pixels at each edge that something covers. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export const NO_INSETS: Insets = { top: 0, right: 0, bottom: 0, left: 0 };
export const MIN_ZOOM = 0.1;
export const MAX_ZOOM = 8;
/** One press of plus. */
export const STEP = 1.25;

/** What the viewport shows of the scene, without what is covered. */
export function regionOf({ scrollX, scrollY, zoom }: Camera, viewport: Viewport, insets = NO_INSETS): Box {
  const { width, height } = free(viewport, insets);
  return { x: insets.left / zoom - scrollX, y: insets.top / zoom - scrollY, width: width / zoom, height: height / zoom };
}

/** Looks at a region: all of it, as large as it goes, in the middle. */
export function lookingAt(region: Box, viewport: Viewport, insets = NO_INSETS): Camera {
  const { width, height } = free(viewport, insets);
  return centred(region, clamp(Math.min(width / region.width, height / region.height)), viewport, insets);
}

/** Fit the width: the region's width fills the viewport, its top is at the top. */
export function lookingAlong(region: Box, viewport: Viewport, insets = NO_INSETS): Camera {
  const { width, height } = free(viewport, insets);
  const zoom = clamp(width / region.width);
  const camera = centred(region, zoom, viewport, insets);
  const taller = region.height * zoom > height;
  return taller ? { ...camera, scrollY: insets.top / zoom - region.y } : camera;
}

/** The same zoom, with the region's top left corner (or its middle, if all fits) in view. */
export function movedTo(camera: Camera, region: Box, viewport: Viewport, insets = NO_INSETS): Camera {
  const { width, height } = free(viewport, insets);
  const middle = centred(region, camera.zoom, viewport, insets);
  return {
    ...middle,
    scrollX: region.width * camera.zoom > width ? insets.left / camera.zoom - region.x : middle.scrollX,
    scrollY: region.height * camera.zoom > height ? insets.top / camera.zoom - region.y : middle.scrollY,
  };
}

/** Zoomed by `factor`, around the middle of what is seen. */
export function zoomedBy(camera: Camera, factor: number, viewport: Viewport, insets = NO_INSETS): Camera {
  return centred(regionOf(camera, viewport, insets), clamp(camera.zoom * factor), viewport, insets);
}

/** A margin around a box, in scene units. */
export function around(box: Box, margin: number): Box {
  const { x, y, width, height } = box;
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
}

function centred(region: Box, zoom: number, viewport: Viewport, insets: Insets): Camera {
  const { width, height } = free(viewport, insets);
  return {
    zoom,
    scrollX: (insets.left + width / 2) / zoom - (region.x + region.width / 2),
    scrollY: (insets.top + height / 2) / zoom - (region.y + region.height / 2),
  };
}

function free({ width, height }: Viewport, { top, right, bottom, left }: Insets): Viewport {
  return { width: Math.max(1, width - left - right), height: Math.max(1, height - top - bottom) };
}

function clamp(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}
