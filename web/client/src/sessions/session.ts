/** One session as its events tell it: who is there, and where it stands. A fold, nothing else.
 * It does not know how events arrive, nor what is said in them. */
import type { EndReason, GuestSeat, LeaveReason, Stage } from "./bodies";
import type { Role, State } from "./events";
import type { Opened } from "./opened";

export interface Person {
  readonly participant: string;
  readonly role: Role;
  readonly name: string;
  readonly title: string;
  readonly stage: Stage;
  /** Of a guest. */
  readonly seat: GuestSeat | null;
  readonly present: boolean;
  /** Set once the seat is given up. */
  readonly left: LeaveReason | null;
}

export interface Session {
  readonly state: State;
  readonly people: readonly Person[];
  readonly acceptedBy: string | null;
  readonly acceptedAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
  /** The prospect was barred, until then. */
  readonly barredUntil?: number | null;
  readonly position: { readonly place: number; readonly expectedS: number | null; readonly free: number } | null;
}

export interface RosterRow {
  readonly participant: string;
  readonly role: Role;
  readonly present: boolean;
  readonly stage: Stage;
}

export const NEW_SESSION: Session = {
  state: "waiting",
  people: [],
  acceptedBy: null,
  acceptedAt: null,
  endedAt: null,
  endReason: null,
  position: null,
};

/** The session after `event`. Events of other kinds leave it as it is. */
export function applyToSession(session: Session, event: Opened): Session {
  switch (event.kind) {
    case "participant.joined": {
      const { participant, role, name, stage } = event.body;
      const title = event.body.title ?? "";
      const seat = event.body.seat ?? null;
      const present = find(session, participant)?.present ?? true;
      return withPerson(session, { participant, role, name, title, stage, seat, present, left: null });
    }
    case "participant.left":
      return change(session, event.body.participant, { left: event.body.reason, present: false });
    case "presence.changed":
      return change(session, event.body.participant, { present: event.body.present });
    case "session.accepted": {
      if (session.acceptedBy !== null && session.acceptedBy !== event.participant) return session;
      const { name, title } = event.body;
      const seated = change(session, event.participant, { name, title, stage: "seated" });
      const acceptedAt = session.acceptedAt ?? event.at;
      const state = session.state === "ended" ? "ended" : "active";
      return { ...seated, state, acceptedBy: event.participant, acceptedAt, position: null };
    }
    case "session.ended":
      if (session.state === "ended") return session;
      return { ...session, state: "ended", endedAt: event.at, endReason: event.body.reason, barredUntil: event.body.barred_until_ms ?? null };
    case "desk.position": {
      const { position: place, expected_s: expectedS, free } = event.body;
      return { ...session, position: { place, expectedS, free } };
    }
    default:
      return session;
  }
}

/** Who is connected right now, as the server says at join; names come with the events. */
export function applyRoster(session: Session, roster: readonly RosterRow[]): Session {
  return roster.reduce((so, row) => change(so, row.participant, { present: row.present }), session);
}

export function find(session: Session, participant: string): Person | undefined {
  return session.people.find((person) => person.participant === participant);
}

function change(session: Session, participant: string, facts: Partial<Person>): Session {
  const person = find(session, participant);
  return person === undefined ? session : withPerson(session, { ...person, ...facts });
}

function withPerson(session: Session, person: Person): Session {
  const known = find(session, person.participant) !== undefined;
  const people = known
    ? session.people.map((other) => (other.participant === person.participant ? person : other))
    : [...session.people, person];
  return { ...session, people };
}
