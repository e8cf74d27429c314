/** How the client is bundled and tested. Every file in `src/entries` becomes one page's bundle. */
import { globSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { blurParts } from "./blurParts.ts";
import { assetsOfBoard, boardPackage } from "./boardPackage.ts";
import { pdfjsParts } from "./pdfjsParts.ts";
import { precompress } from "./precompress.ts";

const here = import.meta.dirname;
const dist = resolve(here, "../static/dist");

const base = "/static/dist/";

const entries = Object.fromEntries(
  globSync("src/entries/*.{ts,tsx}", { cwd: here })
    .filter((path) => !path.includes(".test."))
    .sort()
    .map((path) => [basename(path, extname(path)), resolve(here, path)]),
);

const domTests = "src/**/*.dom.test.{ts,tsx}";

export default defineConfig({
  base,
  define: { BOARD_ASSETS: JSON.stringify(`${base}${assetsOfBoard(here)}`) },
  plugins: [
    react(),
    boardPackage(here, dist),
    pdfjsParts(resolve(here, "node_modules")),
    blurParts(resolve(here, "node_modules"), base),
    precompress(dist),
  ],
  resolve: {
    dedupe: ["react", "react-dom"],
    alias: { "@excalidraw/mermaid-to-excalidraw": resolve(here, "stubs/mermaid/index.js") },
  },
  build: {
    outDir: dist,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: entries,
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            // What both sides of a talk need, in one piece: that packs a thousand bytes better.
            {
              name: "talk",
              test: /src\/((identity|party|whiteboard)\/gate|files\/(FileSide|files|incoming|late|ledger|names|refused|words)\.ts|(chat|sessions|signaling)\/|media\/(?!fitting|quality)|stage\/(OwnPicture|clock|curtain|players)\.|ui\/(Avatar|Banner|Button|Dialog|Level|Light|Live|Select|icons|initials|useNow)|call\/(awake|Consents|DeviceChoices|DevicePanel|equipment|Gone|ledger|memory|PermissionHelp|trouble))/,
            },
          ],
        },
      },
    },
  },
  test: {
    // Generous: a busy machine is no failure.
    testTimeout: 20_000,
    // One world for all files of a worker: building one for each is most of the time. Every test
    // takes back what it changed; files pass in any order (--sequence.shuffle.files).
    isolate: false,
    projects: [
      {
        extends: true,
        test: { name: "node", include: ["src/**/*.test.{ts,tsx}"], exclude: [domTests] },
      },
      { extends: true, test: { name: "dom", environment: "jsdom", include: [domTests] } },
    ],
  },
});
