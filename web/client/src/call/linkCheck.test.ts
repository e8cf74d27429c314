import { expect, test } from "vitest";
import { checkLink, wordFor } from "./linkCheck";

test.each([
  [[30, 900], "good"],
  [[250, 800], "fair"],
  [[700], "poor"],
  [[], "poor"],
] as const)("round trips of %o ms are %s", (took, word) => {
  expect(wordFor(took)).toBe(word);
});

test("a server that does not answer is said to be poor, not good", async () => {
  expect(await checkLink(async () => new Response("", { status: 503 }))).toBe("poor");
  expect(await checkLink(async () => Promise.reject(new TypeError("offline")))).toBe("poor");
  expect(await checkLink(async () => new Response("ok"))).toBe("good");
});
