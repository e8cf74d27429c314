/** Opened content is hostile until it has been checked. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fits } from "./bodies";
import { KINDS, type KindName } from "./events";

const names = Object.keys(KINDS) as KindName[];

test.each([
  ["chat.message", { text: "Guten Tag" }],
  ["chat.message", { text: "x".repeat(4000), later: 1 }],
  ["chat.message", { text: "👋".repeat(4000) }],
  ["participant.joined", { participant: "0".repeat(16), role: "advisor", name: "A", stage: "seated" }],
  ["participant.joined", { participant: "0".repeat(16), role: "guest", name: "A", stage: "seated", seat: "interpreter" }],
  ["participant.left", { participant: "0".repeat(16), reason: "removed" }],
  ["invitation.changed", { invitation: "0".repeat(32), state: "asked" }],
  ["call.candidate", { to: "1".repeat(16), instance: "2".repeat(16), candidate: "", mid: null, index: 0 }],
  ["desk.position", { position: 1, expected_s: null, free: 0 }],
] as const)("%s is accepted when it is whole", (kind, body) => {
  expect(fits(kind, body)).toBe(true);
});

test.each([
  ["chat.message", { text: " \n\t" }],
  ["chat.message", { text: "x".repeat(4001) }],
  ["chat.message", { text: { toString: "x" } }],
  ["chat.message", Object.create({ text: "inherited" })],
  ["chat.message", null],
  ["chat.message", ["text"]],
  ["participant.joined", { participant: "0".repeat(16), role: "king", name: "A", stage: "seated" }],
  ["participant.joined", { participant: "0".repeat(16), role: "guest", name: "A", stage: "seated", seat: "throne" }],
  ["invitation.changed", { invitation: "0".repeat(32), state: "forgotten" }],
  ["chat.read", { received: -1, seen: 0 }],
  ["chat.read", { received: 1.5, seen: 0 }],
  ["call.description", { to: "1".repeat(16), instance: "2".repeat(16), type: "rollback", sdp: "v=0" }],
  ["call.hello", { instance: "G".repeat(16) }],
] as const)("%s is refused: %j", (kind, body) => {
  expect(fits(kind, body)).toBe(false);
});

test("nothing that JSON can say makes the check fail", () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (kind, body) => {
      expect(typeof fits(kind, body)).toBe("boolean");
    }),
  );
});
