/** Where a prospect's call stands, out of its events: waiting, talk, over; and only ever forward.
    Knows no relay, no devices and no screen. */
import {
  applyRoster,
  applyToSession,
  find,
  NEW_SESSION,
  type Person,
  type RosterRow,
  type Session,
} from "../sessions/session";
import type { Purpose, Special } from "../sessions/bodies";
import type { Opened } from "../sessions/opened";

export type Phase = "waiting" | "talk" | "over";

/** Of these nothing before the person decided. */
export type Question = Special | "recording";
export type Consents = Record<Exclude<Purpose, Question>, boolean> & { [asked in Question]?: boolean };

export interface Flow {
  session: Session;
  /** Whether this person ended it, on whatever page. */
  endedByMe: boolean;
  /** What the advisor's camera and microphone are doing, as they last said. */
  remoteDevices: { camera: boolean; microphone: boolean; screen: boolean };
  /** What this person agreed to, as logged: a reload needs no memory of its own (OB-46). */
  consents: Consents;
  /** An advisor wants to record, and nobody has ended that. */
  recording?: boolean;
}

export const BEGINNING: Flow = {
  session: NEW_SESSION,
  endedByMe: false,
  remoteDevices: { camera: true, microphone: true, screen: false },
  consents: { camera: false, microphone: false, screen: false },
};

const PHASES = { waiting: "waiting", active: "talk", ended: "over" } as const;

export function phaseOf(flow: Flow): Phase {
  return PHASES[flow.session.state];
}

/** The flow after one more event. */
export function step(flow: Flow, event: Opened): Flow {
  const session = applyToSession(flow.session, event);
  const next = session === flow.session ? flow : { ...flow, session };
  switch (event.kind) {
    case "session.ended":
      return flow.session.state === "ended" ? next : { ...next, endedByMe: event.mine };
    case "consent.changed":
      if (!event.mine) return next;
      return { ...next, consents: { ...flow.consents, [event.body.purpose]: event.body.given } };
    case "recording.changed":
      return { ...next, recording: event.body.on && event.role === "advisor" };
    case "call.devices": {
      if (event.mine || event.participant !== session.acceptedBy) return next;
      const { camera, microphone } = event.body;
      const screen = event.body.screen === true;
      return { ...next, remoteDevices: { camera, microphone, screen } };
    }
    default:
      return next;
  }
}

/** Who is connected right now, as told at join. */
export function seeRoster(flow: Flow, roster: readonly RosterRow[]): Flow {
  return { ...flow, session: applyRoster(flow.session, roster) };
}

/** The advisor of the talk; stays on stage while away. */
export function advisorOf({ session }: Flow): Person | null {
  return session.acceptedBy === null ? null : (find(session, session.acceptedBy) ?? null);
}

/** Advisors who have this call in front of them and get ready to answer. */
export function gettingReady({ session }: Flow): Person[] {
  if (session.state !== "waiting") return [];
  return session.people.filter((one) => one.role === "advisor" && one.present && one.left === null);
}

