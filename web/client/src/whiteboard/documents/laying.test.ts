import { expect, test } from "vitest";
import { lay, type LayEnds } from "./laying";
import { GAP } from "./layout";
import { documentsOn, type Piece } from "./pages";
import { PdfTrouble, type Trouble } from "./trouble";

const [FILE, OTHER] = ["a".repeat(32), "b".repeat(32)];
const A4 = { width: 595, height: 842 };

function boardOver(count: number, bad: Record<number, Trouble> = {}) {
  const puts: number[] = [];
  const pieces = new Map<string, Piece & { version: number }>();
  const ends: LayEnds = {
    sizes: {
      pages: async () => count,
      size: async (_, number) => {
        const trouble = bad[number];
        if (trouble !== undefined) throw new PdfTrouble(trouble);
        return number % 2 === 1 ? A4 : { width: 842, height: 595 };
      },
    },
    pieces: () => [...pieces.values()],
    put: (some) => {
      puts.push(some.length);
      for (const piece of some) pieces.set(piece.id, piece as Piece & { version: number });
    },
    title: (page) => `Seite ${page}`,
    random: () => 0.5,
  };
  return { ends, pieces, puts };
}

test("the first page lies at once, the others follow in batches, one below the other", async () => {
  const { ends, pieces, puts } = boardOver(25);
  await lay(FILE, "Antrag", ends);
  expect(puts).toEqual([2, 18, 20, 10]);
  const pages = documentsOn([...pieces.values()])[0]!.pages;
  expect(pages.length).toBe(25);
  pages.slice(1).forEach((page, at) => expect(page.y - (pages[at]!.y + pages[at]!.height)).toBeCloseTo(GAP, 1));
});

test("a second document lies beside the first", async () => {
  const { ends, pieces } = boardOver(2);
  await lay(FILE, "Antrag", ends);
  const first = await lay(OTHER, "Police", ends);
  const [one, two] = documentsOn([...pieces.values()]);
  expect([one?.name, two?.name]).toEqual(["Antrag", "Police"]);
  expect(first.x).toBeGreaterThan(800);
  expect(two?.pages[0]).toMatchObject(first);
});

test("without a first page nothing lies; a later one that is broken gets a sheet", async () => {
  const none = boardOver(3, { 1: "damaged" });
  await expect(lay(FILE, "Antrag", none.ends)).rejects.toMatchObject({ code: "damaged" });
  expect(none.pieces.size).toBe(0);
  const some = boardOver(3, { 2: "slow" });
  await lay(FILE, "Antrag", some.ends);
  expect(documentsOn([...some.pieces.values()])[0]?.pages.length).toBe(3);
});

test("what was taken away can be laid again", async () => {
  const { ends, pieces } = boardOver(1);
  await lay(FILE, "Antrag", ends);
  for (const piece of pieces.values()) Object.assign(piece, { isDeleted: true, version: 5 });
  await lay(FILE, "Antrag", ends);
  expect([...pieces.values()].map(({ version, isDeleted }) => [version, isDeleted])).toEqual([[6, false], [6, false]]);
});
