/** The list of files is a fold of the log: same events, same list, whoever tells it and how often. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Bodies } from "../sessions/bodies";
import type { Opened } from "../sessions/opened";
import { applyToLedger, judged, type Ledger, NO_FILES } from "./ledger";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);
const id = (digit: string) => digit.repeat(32);

function said<K extends "file.shared" | "file.removed" | "file.scanned">(
  kind: K,
  body: Bodies[K],
  { seq = 1, by = ANNA } = {},
): Opened {
  const event = { seq, id: id("e"), sender: by.repeat(2), participant: by, at: 5, mine: by === ANNA };
  return { ...event, kind, body } as Opened;
}

const file = (digit: string, more: Partial<Bodies["file.shared"]> = {}): Bodies["file.shared"] => ({
  file: id(digit),
  name: "Police.pdf",
  type: "application/pdf",
  size: 3,
  sha256: "0".repeat(64),
  ...more,
});
const after = (events: readonly Opened[], from: Ledger = NO_FILES) => events.reduce(applyToLedger, from);

test("a file is there once the log says so, under a harmless name", () => {
  const ledger = after([said("file.shared", file("1", { name: "../a\u202Efdp.exe", width: 4, height: 3 }), { seq: 7 })]);
  expect(ledger.files).toEqual([
    expect.objectContaining({ id: id("1"), name: "afdp.exe", mine: true, by: ANNA, seq: 7, verdict: null, width: 4 }),
  ]);
});

test("only the owner takes it back, and it does not come again", () => {
  const shared = after([said("file.shared", file("1"))]);
  expect(after([said("file.removed", { file: id("1") }, { by: BEN })], shared)).toBe(shared);
  const gone = after([said("file.removed", { file: id("1") })], shared);
  expect(gone.files).toEqual([]);
  expect(after([said("file.shared", file("1"), { by: BEN })], gone)).toBe(gone);
});

test("nobody gives a file of somebody else another name", () => {
  const shared = after([said("file.shared", file("1"))]);
  expect(after([said("file.shared", file("1", { name: "Anderes.pdf" }), { by: BEN })], shared)).toBe(shared);
});

test("a verdict holds whether it comes before or after, and none is unsaid", () => {
  const share = said("file.shared", file("1"));
  const scan = said("file.scanned", { file: id("1"), verdict: "infected" });
  for (const order of [[share, scan], [scan, share]]) expect(after(order).files[0]?.verdict).toBe("infected");
  expect(judged(after([share, scan]), id("1"), "pending").files[0]?.verdict).toBe("infected");
  expect(judged(after([share]), id("1"), "pending").files[0]?.verdict).toBe("pending");
});

test("whatever happens: no file twice, none that was taken back, and a replay changes nothing", () => {
  const digit = fc.constantFrom("1", "2", "3");
  const by = fc.constantFrom(ANNA, BEN);
  const event = fc.oneof(
    fc.tuple(digit, by).map(([one, who]) => said("file.shared", file(one), { by: who })),
    fc.tuple(digit, by).map(([one, who]) => said("file.removed", { file: id(one) }, { by: who })),
    digit.map((one) => said("file.scanned", { file: id(one), verdict: "clean" })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const ledger = after(events);
      const ids = ledger.files.map((one) => one.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((one) => ledger.removed.includes(one))).toEqual([]);
      expect(after(events.filter(({ kind }) => kind !== "file.removed"), ledger).files).toHaveLength(
        after(events.filter(({ kind }) => kind === "file.shared"), ledger).files.length,
      );
    }),
  );
});
