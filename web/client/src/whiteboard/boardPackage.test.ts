/** No address of anybody else survives in what Excalidraw ships. */
import { expect, test } from "vitest";
import { ownHouse } from "../../boardPackage.ts";

test.each([
  ["P(F,`https://esm.sh/${V}/dist/`)", "P(F,`${globalThis.location.origin}/static/dist/${V}/dist/`)"],
  ['fetch("https://json.excalidraw.com/api/v2/")', 'fetch("https://nowhere.invalid/api/v2/")'],
  ['"http://www.w3.org/2000/svg"', '"http://www.w3.org/2000/svg"'],
  ['"https://x.com/a","https://plus.excalidraw.com"', '"https://nowhere.invalid/a","https://nowhere.invalid"'],
])("%s", (given, wanted) => {
  expect(ownHouse(given)).toBe(wanted);
});
