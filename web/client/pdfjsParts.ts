/** Puts beside the bundle what pdf.js runs in its workers and loads for documents that need it:
 * decoders as JavaScript (our policy allows no WebAssembly), character maps, the standard fonts. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const wanted = {
  "legacy/build": /^pdf\.(renderer|worker)\.min\.mjs$/,
  wasm: /_nowasm_fallback\.js$|^LICENSE/,
  cmaps: /\.bcmap$|^LICENSE/,
  standard_fonts: /\.(pfb|ttf)$|^LICENSE/,
};

// To show one page, pdf.js fetches every child of a page tree, that is a piece out of each corner of
// the file: of 25 MB all. Where a node has as many children as pages, the place of each is known.
const allChildren = 'throw new FormatError("Page dictionary kids object is not an array.")}for(let e=h.length-1;';
const oneChild = allChildren.replace("for(", "if(h.length===c){h=[h[e-l]];l=e}for(");

export function pdfjsParts(modules: string): Plugin {
  const parts = read(resolve(modules, "pdfjs-dist"));
  const digest = createHash("sha256");
  for (const [name, content] of parts) digest.update(`${name}\0`).update(content);
  // A hash of everything in the path lets it be kept for ever, as all that is below assets/.
  const folder = `assets/pdfjs-${digest.digest("base64url").slice(0, 8)}`;
  return {
    name: "pdfjs-parts",
    config: () => ({ define: { PDFJS_PARTS: JSON.stringify(`${folder}/`) } }),
    generateBundle() {
      for (const [name, source] of parts) this.emitFile({ type: "asset", fileName: `${folder}/${name}`, source });
    },
  };
}

function read(home: string): Map<string, Buffer | string> {
  const parts = new Map<string, Buffer | string>();
  for (const [folder, names] of Object.entries(wanted)) {
    for (const name of readdirSync(resolve(home, folder)).filter((one) => names.test(one)).sort()) {
      const content = readFileSync(resolve(home, folder, name));
      parts.set(`${folder}/${name}`, name.startsWith("pdf.worker") ? patched(content.toString()) : content);
    }
  }
  return parts;
}

function patched(worker: string): string {
  if (worker.split(allChildren).length !== 2) throw new Error("pdf.js has changed: see pdfjsParts.ts");
  return worker.replace(allChildren, oneChild);
}
