/** The state of a session is a fold of its events. */
import { expect, test } from "vitest";
import type { Bodies } from "./bodies";
import type { KindName } from "./events";
import type { Opened } from "./opened";
import { applyRoster, applyToSession, find, NEW_SESSION, type Session } from "./session";

const ANNA = "a".repeat(16);
const BEN = "b".repeat(16);
const SERVER = "0".repeat(16);

function said<K extends KindName>(kind: K, body: Bodies[K], participant = SERVER): Opened {
  const event = { seq: 1, id: "1".repeat(32), sender: participant.padEnd(32, "0"), participant };
  return { ...event, kind, at: 5, body, mine: false } as Opened;
}

const story = [
  said("participant.joined", { participant: ANNA, role: "prospect", name: "Anna", stage: "seated" }),
  said("participant.joined", { participant: BEN, role: "advisor", name: "Ben", title: "Rente", stage: "preparing" }),
  said("session.accepted", { name: "Ben Berg", title: "Rente" }, BEN),
];
const after = (events: Opened[], from: Session = NEW_SESSION) => events.reduce(applyToSession, from);

test("accepting makes it active and seats the advisor", () => {
  const session = after(story);
  expect(session).toMatchObject({ state: "active", acceptedBy: BEN, acceptedAt: 5 });
  expect(find(session, BEN)).toMatchObject({ name: "Ben Berg", stage: "seated", present: true });
});

test("a name that was set right is the name from then on, whoever the person is by now", () => {
  const renamed = said("participant.joined", { participant: ANNA, role: "prospect", name: "Änne", stage: "seated" });
  const away = after([...story, said("presence.changed", { participant: ANNA, present: false }), renamed]);
  expect(find(away, ANNA)).toMatchObject({ name: "Änne", present: false });
  expect(away).toMatchObject({ state: "active", acceptedBy: BEN });
  expect(away.people).toHaveLength(2);
});

test("a second acceptance changes nothing", () => {
  const session = after(story);
  expect(after([said("session.accepted", { name: "X", title: "" }, ANNA)], session)).toBe(session);
});

test("it only goes forward, and replaying it gives the same", () => {
  const ended = after([...story, said("session.ended", { reason: "hung_up" }, ANNA)]);
  expect(ended).toMatchObject({ state: "ended", endReason: "hung_up" });
  expect(after([...story, ...story, said("session.ended", { reason: "hung_up" }, ANNA)])).toEqual(ended);
});

test("whoever was barred is told until when (OB-17)", () => {
  const body = { reason: "hung_up", barred_until_ms: 1_900_000_000_000 } as const;
  expect(after([...story, said("session.ended", body)])).toMatchObject({ state: "ended", barredUntil: 1_900_000_000_000 });
  expect(after([...story, said("session.ended", { reason: "hung_up" })]).barredUntil).toBeNull();
});

test("presence comes and goes, a seat given up stays given up", () => {
  const away = after([...story, said("presence.changed", { participant: ANNA, present: false })]);
  expect(find(away, ANNA)).toMatchObject({ present: false, left: null });
  const left = after([said("participant.left", { participant: BEN, reason: "taken" })], away);
  expect(find(left, BEN)).toMatchObject({ present: false, left: "taken" });
  const rows = [{ participant: ANNA, role: "prospect", present: true, stage: "seated" } as const];
  expect(find(applyRoster(left, rows), ANNA)?.present).toBe(true);
});
