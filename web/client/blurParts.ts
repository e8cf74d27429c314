/** Puts beside the bundle what tells a person from the room (src/blur): the weights as MediaPipe
 * publishes them, nothing of its code, with the licence they come under. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const PACKAGE = "@mediapipe/selfie_segmentation";
const MODEL = "selfie_segmentation_landscape.tflite";

export function blurParts(modules: string, base: string): Plugin {
  const model = readFileSync(resolve(modules, PACKAGE, MODEL));
  const { version, license } = JSON.parse(readFileSync(resolve(modules, PACKAGE, "package.json"), "utf-8")) as {
    version: string;
    license: string;
  };
  if (license !== "Apache-2.0") throw new Error(`${PACKAGE} has another licence: see blurParts.ts`);
  const notice = `${MODEL} is part of ${PACKAGE} ${version}, Copyright Google LLC, unchanged, under the Apache License 2.0 (LICENSE).\n`;
  // The package names its licence and does not bring its text; pdf.js is under the same one and does.
  const text = readFileSync(resolve(modules, "pdfjs-dist/LICENSE"));
  const folder = `assets/blur-${createHash("sha256").update(model).update(notice).digest("base64url").slice(0, 8)}`;
  return {
    name: "blur-parts",
    config: () => ({ define: { BLUR_MODEL: JSON.stringify(`${base}${folder}/${MODEL}`) } }),
    generateBundle() {
      for (const [name, source] of [[MODEL, model], ["LICENSE", text], ["NOTICE", notice]] as const) {
        this.emitFile({ type: "asset", fileName: `${folder}/${name}`, source });
      }
    },
  };
}
