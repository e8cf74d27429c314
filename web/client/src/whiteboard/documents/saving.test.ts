import { beforeEach, expect, test } from "vitest";
import { Saving, type SaveEnds, type Wish } from "./saving";
import { PdfTrouble } from "./trouble";

let kept: string[];
let given: string[];

const wish: Wish = { kind: "pdf", file: "a".repeat(32), name: "Antrag", share: true };

function savingWith(ends: Partial<SaveEnds> = {}): Saving {
  return new Saving({
    make: async () => new Blob(["x"]),
    keep: (_, name) => kept.push(name),
    share: async (file) => given.push(file.name),
    clean: (name) => name.replace("/", "_"),
    changed: () => undefined,
    ...ends,
  });
}

beforeEach(() => {
  [kept, given] = [[], []];
});

test("what is saved has a clean name and goes to the others if they shall have it", async () => {
  const saving = savingWith();
  await saving.save({ ...wish, name: "A/B" });
  expect([kept, given]).toEqual([["A_B.pdf"], ["A_B.pdf"]]);
  expect(saving.state).toEqual({ busy: null, saved: { name: "A_B.pdf", shared: true }, trouble: null });
  await saving.save({ ...wish, kind: "svg" });
  expect([kept.at(-1), given.length, saving.state.saved?.shared]).toEqual(["Antrag.svg", 1, false]);
});

test("what cannot be shared is saved all the same, and said", async () => {
  const saving = savingWith({ share: async () => Promise.reject(new Error("full")) });
  await saving.save(wish);
  expect([kept, saving.state.trouble]).toEqual([["Antrag.pdf"], "share"]);
});

test("what cannot be made is said; what was called off is not", async () => {
  const failing = savingWith({ make: async () => Promise.reject(new PdfTrouble("unreachable")) });
  await failing.save(wish);
  expect([kept, failing.state]).toEqual([[], { busy: null, saved: null, trouble: "unreachable" }]);
  const slow = savingWith({
    make: (_, __, signal) => new Promise((_done, reject) => signal.addEventListener("abort", () => reject(new PdfTrouble("gone")))),
  });
  const saving = slow.save(wish);
  expect(slow.state.busy).not.toBeNull();
  await slow.save(wish); // one at a time
  slow.cancel();
  await saving;
  expect([kept, slow.state.trouble, slow.state.busy]).toEqual([[], null, null]);
});
