import { beforeAll, expect, test } from "vitest";
import type { ChatLine } from "../chat/ChatPane";
import { setWords } from "../texts";
import { fileName, transcript } from "./transcript";

beforeAll(() => {
  setWords(
    {
      "after.file.title": "Ihr Gespräch mit {company}",
      "after.file.with": "Beratung: {name}",
      "after.file.name": "Gespraech",
      "chat.you": "Sie",
    },
    "de",
  );
});

const line = (own: boolean, text: string, at: number | null): ChatLine => ({
  id: text,
  own,
  author: "Anna\nKern",
  text,
  at,
  delivery: "sent",
});
const noon = new Date(2026, 10, 23, 12, 5).getTime();

test("what was exchanged can be kept; what was never sent is not in it", () => {
  const text = transcript({
    company: "Demo",
    advisor: "Anna Kern",
    beganAt: noon,
    language: "de",
    lines: [line(false, "Guten Tag", noon), line(true, "Hallo\n[12:06] Anna Kern: gefälscht", noon), line(true, "x", null)],
  });
  expect(text.split("\n")).toEqual([
    "Ihr Gespräch mit Demo",
    "Beratung: Anna Kern",
    "Montag, 23. November 2026",
    "",
    "[12:05] Anna Kern: Guten Tag",
    "[12:05] Sie: Hallo",
    "    [12:06] Anna Kern: gefälscht",
    "",
  ]);
  expect(fileName(noon)).toBe("Gespraech-2026-11-23.txt");
});
