/** What Excalidraw ships, cut to what the board uses: fonts from our own server, two languages, no
 * font compiler, and no address of anybody else in its code, not even as a way out. */
import { readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const PACKAGE = "node_modules/@excalidraw/excalidraw/dist/prod";
/** Xiaolai (Chinese handwriting) alone is 13 MB: such text is drawn in the system's font. */
const FONTS = ["Assistant", "Cascadia", "ComicShanns", "Excalifont", "Liberation", "Lilita", "Nunito", "Virgil"];
const OTHER_LOCALE = /\/@excalidraw\/excalidraw\/dist\/prod\/locales\/(?!de-DE-|en-|percentages-)/;
/** Reserved for names that lead nowhere (RFC 2606). */
const NOWHERE = "https://nowhere.invalid";
/** Namespaces of SVG and HTML name things; nothing is asked for there. */
const FOREIGN = /https?:\/\/(?!www\.w3\.org\/)[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?![\w.-])/g;

/** Where in the bundle; below assets/, because a version in a path lasts as well as a hash. */
export function assetsOfBoard(here: string): string {
  const path = resolve(here, "node_modules/@excalidraw/excalidraw/package.json");
  const { version } = JSON.parse(readFileSync(path, "utf-8")) as { version: string };
  return `assets/excalidraw-${version}/`;
}

/** Cutting fonts down for an export takes 1.8 MB of code that wants `eval`: they go into it whole. */
const SUBSET = /\/@excalidraw\/excalidraw\/dist\/prod\/subset-(shared|worker)\.chunk\.js$/;
const WHOLE_FONTS = `
export const Commands = {}, WorkerUrl = undefined;
export const toBase64 = async (font) => {
  let text = "";
  for (const byte of new Uint8Array(font)) text += String.fromCharCode(byte);
  return "data:font/woff2;base64," + btoa(text);
};
export { toBase64 as subsetToBase64, toBase64 as subsetToBinary };
`;

export function boardPackage(here: string, dist: string): Plugin {
  return {
    name: "board-package",
    apply: "build",
    enforce: "pre",
    load: {
      filter: { id: [OTHER_LOCALE, SUBSET] },
      handler: (id) => (SUBSET.test(id) ? WHOLE_FONTS : "export default {};"),
    },
    transform: {
      filter: { id: /\/@excalidraw\/excalidraw\/dist\/prod\/.*\.js$/ },
      handler: (code) => ownHouse(code),
    },
    async closeBundle() {
      const to = resolve(dist, assetsOfBoard(here), "fonts");
      for (const font of FONTS) await cp(resolve(here, PACKAGE, "fonts", font), resolve(to, font), { recursive: true });
    },
  };
}

/** Fonts that are missing are looked for in our own house once more; everything else leads nowhere. */
export function ownHouse(code: string): string {
  return code
    .replaceAll('typeof Worker<"u"', "!1")
    .replaceAll("`https://esm.sh/", "`${globalThis.location.origin}/static/dist/")
    // An attribute that our policy forbids, and XML has a better one for the same.
    .replaceAll('setAttribute("style","white-space: pre;")', 'setAttribute("xml:space","preserve")')
    .replace(FOREIGN, NOWHERE);
}
