import { expect, test } from "vitest";
import { assert, property, string } from "fast-check";
import { pieces } from "./links";

const hrefs = (text: string) => pieces(text).flatMap((piece) => piece.href ?? []);

test("an address in a sentence becomes a link, its full stop does not", () => {
  expect(pieces("Siehe https://example.org/a?b=1, dort.")).toEqual([
    { text: "Siehe " },
    { text: "https://example.org/a?b=1", href: "https://example.org/a?b=1" },
    { text: ", dort." },
  ]);
  expect(hrefs("(https://de.example.org/wiki/Haus_(Bau))")).toEqual(["https://de.example.org/wiki/Haus_(Bau)"]);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  "file:///etc/passwd",
  "https://bank.example@evil.example/",
  "https://",
  "www.example.org",
  "<a href=x>",
])("%s stays text", (text) => {
  expect(hrefs(text)).toEqual([]);
});

test("a host in look-alike letters is shown in its true form", () => {
  const [piece] = pieces("https://exаmple.org/"); // the а is Cyrillic
  expect(piece?.text).toContain("//xn--");
});

test("no text is lost, whatever it is", () => {
  assert(
    property(string({ unit: "binary" }), string({ unit: "binary" }), (before, after) => {
      const text = `${before.replaceAll("http", "")} https://a.example ${after.replaceAll("http", "")}`;
      expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
    }),
  );
});
