/** A stroke with fewer points that looks the same (Ramer, Douglas, Peucker): whoever draws for a
 * minute without lifting the pen has more of them than one element may carry. */
import type { Element } from "./scene";

const MOST = 1_500;

type Point = readonly [number, number];

/** The same stroke with at most `most` points; the element itself if it has no more than that. */
export function thinned<E extends { readonly points: readonly Point[]; readonly pressures: readonly number[] }>(
  stroke: E,
  most = MOST,
): E {
  if (stroke.points.length <= most) return stroke;
  let kept = stroke.points.map((_, at) => at);
  for (let tolerance = 0.25; kept.length > most; tolerance *= 2) kept = simplify(stroke.points, tolerance);
  const pressures = stroke.pressures.length === 0 ? [] : kept.map((at) => stroke.pressures[at] ?? 0.5);
  return { ...stroke, points: kept.map((at) => stroke.points[at] as Point), pressures };
}

export function isStroke(element: object): element is Element & { points: Point[]; pressures: number[] } {
  const { type, points, pressures } = element as Record<string, unknown>;
  return type === "freedraw" && Array.isArray(points) && Array.isArray(pressures);
}

/** The indices of the points that are further than `tolerance` from the line without them. */
function simplify(points: readonly Point[], tolerance: number): number[] {
  const keep = new Set([0, points.length - 1]);
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    let [furthest, most] = [-1, tolerance];
    for (let at = first + 1; at < last; at += 1) {
      const distance = distanceTo(points[at] as Point, points[first] as Point, points[last] as Point);
      if (distance > most) [furthest, most] = [at, distance];
    }
    if (furthest < 0) continue;
    keep.add(furthest);
    spans.push([first, furthest], [furthest, last]);
  }
  return [...keep].sort((one, other) => one - other);
}

function distanceTo([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const long = Math.hypot(dx, dy);
  return long === 0 ? Math.hypot(x - ax, y - ay) : Math.abs(dx * (ay - y) - dy * (ax - x)) / long;
}
