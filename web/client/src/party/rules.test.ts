/** Who is connected with whom, who offers, and what each connection may take. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Person } from "../sessions/session";
import { concerns, polite, shareOf } from "./rules";

const person = (participant: string, role: Person["role"], more: Partial<Person> = {}): Person => ({
  participant,
  role,
  name: participant,
  title: "",
  stage: "seated",
  seat: role === "guest" ? "guest" : null,
  present: true,
  left: null,
  ...more,
});
const [ANNA, BEN] = [person("a", "prospect"), person("b", "advisor")];
const [CARL, DORA] = [person("c", "guest"), person("d", "guest", { seat: "interpreter" })];
const ALL = [ANNA, BEN, CARL, DORA];

test("everybody with every guest, and the two whose talk it is not by the party", () => {
  const lines = ALL.map((me) => ALL.filter((other) => concerns(me, other)).map((other) => other.participant).join(""));
  expect(lines).toEqual(["cd", "cd", "abd", "abc"]);
});

test.each([
  ["who only gets ready to answer", person("e", "advisor", { stage: "preparing" })],
  ["who has left", person("e", "guest", { left: "removed" })],
  ["an operator", person("e", "operator")],
])("nobody with one %s", (_, other) => {
  expect(ALL.filter((me) => concerns(me, other))).toEqual([]);
});

test("of every two exactly one gives way, whoever they are", () => {
  const roles = ["prospect", "guest", "advisor"] as const;
  const anybody = fc.record({ participant: fc.stringMatching(/^[0-9a-f]{16}$/), role: fc.constantFrom(...roles) });
  const everyTwo = fc.property(anybody, anybody, (one, other) => {
    fc.pre(one.participant !== other.participant);
    return polite(one, other) !== polite(other, one);
  });
  expect(() => fc.assert(everyTwo)).not.toThrow();
});

test("no more goes out to all together than goes out well, and small pictures to where they are small", () => {
  expect(shareOf(1, ANNA, undefined)).toBeNull();
  expect(shareOf(2, ANNA, undefined)).toEqual({ kbps: 750, scale: 1 });
  expect(shareOf(3, ANNA, CARL)).toEqual({ kbps: 500, scale: 2 });
  expect(shareOf(3, BEN, CARL)).toEqual({ kbps: 500, scale: 1 });
  expect(shareOf(3, CARL, BEN)).toEqual({ kbps: 500, scale: 2 });
  expect([ANNA, BEN, CARL].map((other) => shareOf(3, DORA, other)?.scale)).toEqual([1, 1, 1]);
});
