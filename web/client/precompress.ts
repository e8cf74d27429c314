/** Writes a `.gz` and a `.br` beside every file of the bundle that becomes smaller by it. */
import { globSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const minBytes = 512;
const kinds = "**/*.{css,html,js,mjs,json,svg,txt,wasm}";

async function write(path: string): Promise<void> {
  const plain = await readFile(path);
  if (plain.length < minBytes) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  const packed = {
    ".gz": promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
    ".br": promisify(brotliCompress)(plain, { params }),
  };
  for (const [suffix, promise] of Object.entries(packed)) {
    const content = await promise;
    if (content.length < plain.length) await writeFile(path + suffix, content);
  }
}

export function precompress(dist: string): Plugin {
  return {
    name: "precompress",
    apply: "build",
    enforce: "post",
    async closeBundle() {
      if (!(await stat(dist).catch(() => null))) return;
      await Promise.all(globSync(kinds, { cwd: dist }).map((path) => write(resolve(dist, path))));
    },
  };
}
