/** The chat is a fold of the log: the same whatever way the events came (guarantee 2 and 3). */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Bodies } from "../sessions/bodies";
import type { KindName } from "../sessions/events";
import type { Opened } from "../sessions/opened";
import { applyToChat, beginsDay, deliveryOf, NEW_CHAT, typingNow, TYPING_MS, unreadAfter, type Chat } from "./chat";

const ME = "a".repeat(16);
const OTHER = "b".repeat(16);
const NOW = 50_000;

function said<K extends KindName>(kind: K, body: Bodies[K], seq: number | null, participant = OTHER): Opened {
  const id = String(seq ?? 0).padStart(32, "0");
  return { seq, id, sender: participant.repeat(2), participant, kind, at: 7, body, mine: participant === ME } as Opened;
}
const fold = (events: readonly Opened[], from: Chat = NEW_CHAT) =>
  events.reduce((chat, event) => applyToChat(chat, event, NOW), from);

const person = fc.constantFrom(ME, OTHER, "c".repeat(16));
const logged = fc.oneof(
  fc.record({ kind: fc.constant("chat.message" as const), body: fc.record({ text: fc.string() }), who: person }),
  fc.record({
    kind: fc.constant("session.ended" as const),
    body: fc.constant({ reason: "hung_up" as const }),
    who: person,
  }),
);
const passing = fc.oneof(
  fc.record({ kind: fc.constant("chat.typing" as const), body: fc.record({ on: fc.boolean() }), who: person }),
  fc.record({
    kind: fc.constant("chat.read" as const),
    body: fc.record({ received: fc.nat(20), seen: fc.nat(20) }),
    who: person,
  }),
);
const story = fc.array(fc.oneof(logged, passing), { maxLength: 30 }).map((told) => {
  let seq = 0;
  return told.map(({ kind, body, who }) =>
    said(kind, body as never, kind === "chat.message" || kind === "session.ended" ? ++seq : null, who),
  );
});

test("a prefix and then the rest is the whole", () => {
  fc.assert(
    fc.property(story, fc.nat(30), (events, cut) => {
      expect(fold(events.slice(cut), fold(events.slice(0, cut)))).toEqual(fold(events));
    }),
  );
});

test("told twice is told once", () => {
  fc.assert(
    fc.property(story, (events) => {
      expect(fold(events, fold(events))).toEqual(fold(events));
    }),
  );
});

test("one's own message goes from sent to received to seen, and never back", () => {
  let chat = fold([said("chat.message", { text: "hallo" }, 1, ME)]);
  expect(deliveryOf(chat, 1)).toBe("sent");
  chat = fold([said("chat.read", { received: 1, seen: 0 }, null)], chat);
  expect(deliveryOf(chat, 1)).toBe("received");
  chat = fold([said("chat.read", { received: 1, seen: 1 }, null)], chat);
  expect(deliveryOf(chat, 1)).toBe("seen");
  expect(deliveryOf(fold([said("chat.read", { received: 0, seen: 0 }, null)], chat), 1)).toBe("seen");
});

test("reading on another page of one's own is no receipt", () => {
  const chat = fold([said("chat.message", { text: "hallo" }, 1, ME), said("chat.read", { received: 1, seen: 1 }, null, ME)]);
  expect(deliveryOf(chat, 1)).toBe("sent");
});

test("OB-02: what a guest reads is no receipt: seen means by one of the two whose talk it is", () => {
  const read = said("chat.read", { received: 1, seen: 1 }, null);
  const chat = fold([said("chat.message", { text: "hallo" }, 1, ME), { ...read, role: "guest" }]);
  expect(deliveryOf(chat, 1)).toBe("sent");
  expect(deliveryOf(fold([{ ...read, role: "advisor" }], chat), 1)).toBe("seen");
});

test("typing ends by saying so, by a message, or by silence", () => {
  const typing = fold([said("chat.typing", { on: true }, null)]);
  expect(typingNow(typing, NOW)).toEqual([OTHER]);
  expect(typingNow(typing, NOW + TYPING_MS)).toEqual([]);
  expect(typingNow(fold([said("chat.typing", { on: false }, null)], typing), NOW)).toEqual([]);
  expect(typingNow(fold([said("chat.message", { text: "da" }, 1)], typing), NOW)).toEqual([]);
});

test("unread counts what others said after what was seen", () => {
  const chat = fold([1, 2, 3].map((seq) => said("chat.message", { text: "x" }, seq, seq === 2 ? ME : OTHER)));
  expect([0, 1, 3].map((seen) => unreadAfter(chat, seen))).toEqual([2, 1, 0]);
});

test("who came, accepted, left and ended is noted between the messages", () => {
  const chat = fold([
    said("participant.joined", { participant: ME, role: "prospect", name: "Anna", stage: "seated" }, 1),
    said("participant.joined", { participant: OTHER, role: "advisor", name: "Ben", stage: "preparing" }, 2),
    said("session.accepted", { name: "Ben", title: "" }, 3),
    said("participant.left", { participant: ME, reason: "left" }, 4),
    said("session.ended", { reason: "expired" }, 5),
  ]);
  expect(chat.notes.map((note) => note.what)).toEqual(["joined", "accepted", "left", "ended"]);
});

test("a day begins with its first line", () => {
  const noon = new Date(2026, 4, 3, 12).getTime();
  expect([beginsDay(null, noon), beginsDay(noon, noon + 60_000), beginsDay(noon, noon + 86_400_000)]).toEqual([
    true,
    false,
    true,
  ]);
});
