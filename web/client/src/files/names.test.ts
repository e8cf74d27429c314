/** B-094: whatever it is called, it is shown as what it is and saved under a harmless name. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cleanName, extensionOf, withExtension } from "./names";

test.each([
  ["../../etc/passwd", "passwd"],
  ["..\\..\\x.pdf", "x.pdf"],
  ["C:\\Users\\a\\Police.pdf", "Police.pdf"],
  ["/abs/ b.txt ", "b.txt"],
  ["~", "Datei"],
  ["con.pdf", "_con.pdf"],
  ["LPT1", "_LPT1"],
  ["console.pdf", "console.pdf"],
  ["a:b?.pdf", "a_b_.pdf"],
  ["Rechnung. . ", "Rechnung"],
  ["....", "Datei"],
  ["", "Datei"],
  ["a\0b\n.pdf", "ab.pdf"],
  ["Rechnung\u202Efdp.exe", "Rechnungfdp.exe"],
  ["\u2066a\u2069\u200B\uFEFF.txt", "a.txt"],
  [".htaccess", "htaccess"],
  ["-rf.pdf", "rf.pdf"],
  ["u\u0308ber.pdf", "über.pdf"],
  ["👩‍👩‍👧 Familie.jpg", "👩‍👩‍👧 Familie.jpg"],
  ["می‌خواهم.pdf", "می‌خواهم.pdf"],
  ["a\u200d.pdf", "a.pdf"],
  ["\ud800x.pdf", "x.pdf"],
  ["z\u0300\u0301\u0302\u0303\u0304\u0305.pdf", "z\u0300\u0301\u0302.pdf"],
  ["a／b＼c.pdf", "a_b_c.pdf"],
  ["dir/", "dir"],
])("%j becomes %j", (raw, clean) => expect(cleanName(raw)).toBe(clean));

test("a long name keeps its ending, and no letter is cut through", () => {
  const long = cleanName(`${"👩‍👩‍👧‍👦".repeat(60)}.pdf`);
  expect(long.length).toBeLessThanOrEqual(120);
  expect(long).toMatch(/^(?:👩‍👩‍👧‍👦)+….pdf$/u);
});

test("whatever is given: short, one line, no path, no control, and clean already", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (raw) => {
      const name = cleanName(raw);
      expect(name.length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(120);
      expect(name).not.toMatch(/[\p{Cc}\\/:<>"|?*\u202a-\u202e\u2066-\u2069]|^[.\s-]|[.\s]$/u);
      expect(cleanName(name)).toBe(name);
    }),
    { numRuns: 500 },
  );
});

test("an ending says what the content is", () => {
  expect(extensionOf("Rechnung.PDF")).toBe("pdf");
  expect(withExtension("Rechnung.pdf.exe", ["pdf"])).toBe("Rechnung.pdf.exe.pdf");
  expect(withExtension("Bild.JPEG", ["jpg", "jpeg"])).toBe("Bild.JPEG");
  expect(withExtension("x".repeat(120), ["pdf"])).toHaveLength(120);
});
