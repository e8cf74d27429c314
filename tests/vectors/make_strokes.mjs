/** Makes `strokes.json` with the original: node tests/vectors/make_strokes.mjs, after `make packages`. */
import { writeFileSync } from "node:fs";
import { getStroke } from "../../web/client/node_modules/perfect-freehand/dist/esm/index.js";

const wave = Array.from({ length: 40 }, (_, n) => [n * 6, Math.round(30 * Math.sin(n / 4) * 100) / 100]);
const SHAPES = {
  "one point": [[0, 0]],
  "two points": [[0, 0], [40, 30]],
  "two points at one place": [[5, 5], [5, 5]],
  "shorter than it is wide": [[0, 0], [1, 1], [2, 1]],
  "a wave": wave,
  "back and forth": [[0, 0], [30, 0], [60, 0], [90, 0], [60, 1], [30, 1], [0, 0], [40, 20]],
  "slow and quick": [0, 1, 2, 4, 8, 16, 32, 64, 128, 200, 280].map((x) => [x, x / 2]),
};
const rows = [];
for (const [name, points] of Object.entries(SHAPES)) {
  for (const simulatePressure of [true, false]) {
    const pressures = points.map((_, n) => Math.round((0.2 + 0.6 * Math.abs(Math.sin(n))) * 100) / 100);
    const given = simulatePressure ? points : points.map(([x, y], n) => [x, y, pressures[n]]);
    const outline = getStroke(given, {
      simulatePressure,
      size: 8.5,
      thinning: 0.6,
      smoothing: 0.5,
      streamline: 0.5,
      easing: (t) => Math.sin((t * Math.PI) / 2),
      last: false,
    });
    rows.push({
      name: `${name}, ${simulatePressure ? "guessed" : "pressed"}`,
      points,
      pressures: simulatePressure ? null : pressures,
      outline: outline.map((point) => point.map((value) => Math.round(value * 1000) / 1000)),
    });
  }
}
writeFileSync(new URL("strokes.json", import.meta.url), `[${rows.map((row) => JSON.stringify(row)).join(",\n")}]\n`);
