import { expect, test } from "vitest";
import { pdfOf } from "./pdfOut";

const jpeg = new Uint8Array([0xff, 0xd8, 1, 2, 3, 0xff, 0xd9]);
const page = { jpeg, pixelWidth: 20, pixelHeight: 10, width: 595.276, height: 842 };

async function written(title: string): Promise<string> {
  return new TextDecoder("latin1").decode(await new Blob(pdfOf([page, page], title)).arrayBuffer());
}

test("every object lies where the table says", async () => {
  const text = await written("Antrag");
  const table = Number(/startxref\n(\d+)/.exec(text)?.[1]);
  expect(text.slice(table, table + 4)).toBe("xref");
  const places = [...text.slice(table).matchAll(/(\d{10}) 00000 n /g)].map(([, place]) => Number(place));
  expect(places.length).toBe(9);
  places.forEach((place, at) => expect(text.slice(place)).toMatch(new RegExp(`^${at + 1} 0 obj`)));
});

test("what was typed cannot become syntax", async () => {
  const text = await written(") >> /OpenAction << /S /JavaScript /JS (x) ü 😀");
  expect(text).not.toContain("JavaScript");
  expect(text).toMatch(/\/Title<feff[0-9a-f]+00fc0020d83dde00>/);
});
