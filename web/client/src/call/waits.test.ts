import { beforeAll, expect, test } from "vitest";
import { setWords } from "../texts";
import { aboutHowLong, Announcer, placeLine, waitLine } from "./waits";

beforeAll(() => {
  setWords(
    {
      "ready.wait.short": "weniger als eine Minute",
      "ready.wait.minutes.one": "etwa eine Minute",
      "ready.wait.minutes.other": "etwa {count} Minuten",
      "ready.place.next": "Sie sind als Nächstes dran.",
      "ready.place.before.one": "Vor Ihnen wartet noch eine Person.",
      "ready.place.before.other": "Vor Ihnen warten noch {count} Personen.",
      "ready.wait.expected": "Voraussichtlich {wait}.",
      "ready.wait.soon": "Es geht gleich los.",
      "ready.wait.unknown": "Wie lange es dauert, wissen wir noch nicht.",
    },
    "de",
  );
});

test.each([
  [0, "weniger als eine Minute"],
  [59, "weniger als eine Minute"],
  [61, "etwa eine Minute"],
  [250, "etwa 4 Minuten"],
  [600, "etwa 10 Minuten"],
  [660, "etwa 15 Minuten"],
  [3500, "etwa 60 Minuten"],
])("%d s is %s", (seconds, words) => {
  expect(aboutHowLong(seconds)).toBe(words);
});

test("the place and the wait in words, and no invented figure", () => {
  expect(placeLine({ position: 1, expected_s: null, free: 0 })).toBe("Sie sind als Nächstes dran.");
  expect(placeLine({ position: 2, expected_s: null, free: 0 })).toBe("Vor Ihnen wartet noch eine Person.");
  expect(placeLine({ position: 4, expected_s: null, free: 0 })).toBe("Vor Ihnen warten noch 3 Personen.");
  expect(waitLine({ position: 1, expected_s: null, free: 0 })).toBe("Wie lange es dauert, wissen wir noch nicht.");
  expect(waitLine({ position: 1, expected_s: 120, free: 1 })).toBe("Voraussichtlich etwa 2 Minuten.");
});

test("a screen reader hears a new place at once and new estimates once a minute", () => {
  const announcer = new Announcer();
  const at = (position: number, expected_s: number) => ({ position, expected_s, free: 0 });
  const first = announcer.hear(at(3, 300), 0);
  expect(announcer.hear(at(3, 240), 20_000)).toBe(first);
  expect(announcer.hear(at(3, 180), 61_000)).toContain("3 Minuten");
  expect(announcer.hear(at(2, 180), 62_000)).toContain("noch eine Person");
});
