import { beforeAll, expect, test } from "vitest";
import { setWords } from "../texts";
import { troubleLine } from "./trouble";

beforeAll(() => {
  setWords(
    { "talk.trouble.link": "Verbindung wird wiederhergestellt", "talk.trouble.weak": "Ihre Verbindung ist schwach." },
    "de",
  );
});

test("trouble is said calmly, with how long it lasts", () => {
  expect(troubleLine(null, 0, "Anna")).toBeNull();
  expect(troubleLine({ what: "link", sinceMs: 1000 }, 1500, "Anna")).toBeNull();
  expect(troubleLine({ what: "link", sinceMs: 1000 }, 4300, "Anna")).toEqual({
    text: "Verbindung wird wiederhergestellt",
    seconds: 3,
  });
  expect(troubleLine({ what: "nomedia", sinceMs: 0 }, 60_000, "Anna")?.seconds).toBeNull();
  expect(troubleLine({ what: "weak", sinceMs: 0 }, 60_000, "Anna")?.seconds).toBeNull();
});
