/** The thread of tests/bench/sealing.py: seals what it is given and opens it again, by the product's own code. */
import { fileContext } from "../../web/client/src/files/cobblestone";
import { work } from "../../web/client/src/files/work";
import { ContentKey } from "../../web/client/src/sessions/envelope";

const [session, file] = ["5".repeat(32), "f".repeat(32)];

addEventListener("message", async ({ data: clear }: MessageEvent<Blob>) => {
  const key = await (await ContentKey.from(new Uint8Array(32), session)).fileKey(file);
  const place = { key, context: fileContext(session, file) };
  const none = () => undefined;
  const begun = performance.now();
  const sealed = await work({ what: "seal", clear, ...place }, none);
  const between = performance.now();
  const url = URL.createObjectURL(sealed.blob);
  await work({ what: "open", url, headers: {}, size: clear.size, sha256: sealed.sha256, ...place }, none);
  postMessage([between - begun, performance.now() - between]);
});
