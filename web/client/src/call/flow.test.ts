import { array, assert, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import type { Opened } from "../sessions/opened";
import { advisorOf, BEGINNING, gettingReady, phaseOf, seeRoster, step, type Flow } from "./flow";

const ME = "a".repeat(16);
const ANNA = "b".repeat(16);
const BERT = "c".repeat(16);
const SERVER = "0".repeat(16);

function heard(kind: Opened["kind"], body: object, from = ANNA, at = 1000): Opened {
  const sender = `${from}${"0".repeat(16)}`;
  return { kind, body, at, sender, participant: from, mine: from === ME, id: "e", seq: 1 } as unknown as Opened;
}
const play = (events: Opened[], from: Flow = BEGINNING) => events.reduce(step, from);

const joins = (participant: string, name: string) =>
  heard("participant.joined", { participant, role: "advisor", name, stage: "preparing" }, SERVER);
const anna = joins(ANNA, "Anna Kern");
const bert = joins(BERT, "Bert Voss");
const accepted = heard("session.accepted", { name: "Anna Kern", title: "Altersvorsorge" }, ANNA, 5000);
const ended = heard("session.ended", { reason: "hung_up" }, ANNA, 9000);
const present = (participant: string, here: boolean) =>
  heard("presence.changed", { participant, present: here }, SERVER);

test("OB-07: from waiting to the talk to its end", () => {
  const waiting = play([anna, heard("desk.position", { position: 1, expected_s: 40, free: 2 }, SERVER)]);
  expect(phaseOf(waiting)).toBe("waiting");
  expect(gettingReady(waiting).map((one) => one.name)).toEqual(["Anna Kern"]);

  const talk = play([accepted], waiting);
  expect(phaseOf(talk)).toBe("talk");
  expect(advisorOf(talk)).toMatchObject({ name: "Anna Kern", title: "Altersvorsorge", present: true });

  const over = play([ended], talk);
  expect(phaseOf(over)).toBe("over");
  expect(over).toMatchObject({ endedByMe: false, session: { endedAt: 9000 } });
  expect(play([heard("session.ended", { reason: "hung_up" }, ME)], talk).endedByMe).toBe(true);
});

test("an advisor who prepared and left, or is not connected, is not getting ready", () => {
  const left = heard("participant.left", { participant: BERT, reason: "left" }, SERVER);
  expect(gettingReady(play([anna, bert, left, present(ANNA, false)]))).toEqual([]);
});

test("an advisor who drops out of the talk is away, not forgotten", () => {
  const away = play([anna, accepted, present(ANNA, false)]);
  expect(advisorOf(away)).toMatchObject({ name: "Anna Kern", present: false });
  expect(advisorOf(play([present(ANNA, true)], away))?.present).toBe(true);
  const roster = [{ participant: ANNA, role: "advisor", present: true, stage: "seated" }] as const;
  expect(advisorOf(seeRoster(away, roster))?.present).toBe(true);
});

test("only the advisor of the talk says what the advisor's camera does", () => {
  const off = { camera: false, microphone: true };
  const talk = [anna, bert, accepted];
  expect(play([...talk, heard("call.devices", off, BERT)]).remoteDevices.camera).toBe(true);
  expect(play([...talk, heard("call.devices", off, ANNA)]).remoteDevices.camera).toBe(false);
  expect(play([...talk, heard("call.devices", { ...off, screen: true })]).remoteDevices.screen).toBe(true);
});

test("OB-46: my consents are what the log says", () => {
  const given = heard("consent.changed", { purpose: "camera", given: true, text_version: "1" }, ME);
  const theirs = heard("consent.changed", { purpose: "microphone", given: true, text_version: "1" }, ANNA);
  expect(play([given, theirs]).consents).toEqual({ camera: true, microphone: false, screen: false });
});

test("OB-11: of my health nothing is known before I decide, and then the last word holds", () => {
  const said = (given: boolean) => heard("consent.changed", { purpose: "health", given, text_version: "1" }, ME);
  expect(play([]).consents.health).toBeUndefined();
  expect(play([said(true)]).consents.health).toBe(true);
  expect(play([said(true), said(false)]).consents.health).toBe(false);
  expect(play([said(true)]).consents.belief).toBeUndefined();
});

test("OB-11: a consent of a later release is kept apart and changes nothing that this page knows", () => {
  const later = heard("consent.changed", { purpose: "taste", given: true, text_version: "1" }, ME);
  const { camera, microphone, screen, health } = play([later]).consents;
  expect([camera, microphone, screen, health]).toEqual([false, false, false, undefined]);
});

test("whatever comes, a call never goes back", () => {
  const order = { waiting: 0, talk: 1, over: 2 };
  const late = heard("session.accepted", { name: "Bert Voss", title: "" }, BERT);
  const position = heard("desk.position", { position: 9, expected_s: null, free: 0 }, SERVER);
  assert(
    property(array(constantFrom(anna, bert, accepted, ended, late, position)), (events) => {
      const flows = events.map((_, count) => play(events.slice(0, count + 1)));
      const phases = flows.map((flow) => order[phaseOf(flow)]);
      const advisors = flows.map((flow) => flow.session.acceptedBy).filter((one) => one !== null);
      expect(phases).toEqual([...phases].sort());
      expect(new Set(advisors).size).toBeLessThanOrEqual(1);
    }),
  );
});
