/** What the call's screens are given to draw, and what they may ask for. Types only. */
import type { ComponentType } from "react";
import type { ChatState } from "../chat/conversation";
import type { Files } from "../files/files";
import type { Background } from "../blur/background";
import type { Checkup } from "../checkup/checkup";
import type { DeviceProblem, Devices, Source } from "../media/devices";
import type { IdentityGate } from "../identity/gate";
import type { Purpose as AnyPurpose, Word } from "../sessions/bodies";
import type { PartyGate } from "../party/gate";
import type { Relay } from "../signaling/relay";
import type { BoardGate, GateState } from "../whiteboard/gate";
import type { BeforeProps } from "./Before";
import type { Flow, Question } from "./flow";
import type { Claimant } from "./Receipt";
import type { Place } from "./waits";

export type { Word };

export type { DeviceProblem, Source };
/** What a consent to a device is for. */
export type Purpose = Exclude<AnyPurpose, Question>;
export type DeviceName = "camera" | "microphone" | "speaker";

export interface Choice {
  id: string;
  label: string;
}

export interface DevicesView {
  /** Nothing was decided yet; our own question is to be asked first. */
  undecided: boolean;
  /** The consent is on its way into the log; the browser is not asked before. */
  noting: boolean;
  /** The browser is asking, or the device is starting. */
  asking: boolean;
  camera: boolean;
  microphone: boolean;
  screen: boolean;
  /** What is behind this person, and whether that is blurred. */
  background: Background | null;
  /** Why there is neither camera nor microphone although they were wanted. */
  problem: DeviceProblem | null;
  /** The one of the two that did not come, and why. */
  lacking: Source | null;
  lackingProblem: DeviceProblem | null;
  /** Own picture and sound. */
  own: MediaStream | null;
  choices: Record<DeviceName, readonly Choice[]>;
  chosen: Record<DeviceName, string>;
}

/** Something is wrong right now: what, and since when (the person's clock). */
export interface Trouble {
  what: "link" | "media" | "nomedia" | "away" | "weak" | "gone";
  sinceMs: number;
}

export interface CallView {
  company: string;
  language: string;
  me: string;
  flow: Flow;
  /** The connection to us, as one word; null before it is known. */
  word: Word | null;
  trouble: Trouble | null;
  /** What asks before the talk what it may come to, once it is here. */
  Before?: ComponentType<BeforeProps>;
  /** What tries the connection, once it is here. */
  checkup: Checkup | null;
  /** The past is still being told; which screen it leads to is not known yet. */
  arriving: boolean;
  /** The seat cannot be had (any more) on this page. */
  gone: boolean;
  /** The call is on another page of this person. */
  elsewhere: boolean;
  /** When the other side ended what was shown here; 0 if never. */
  stoppedMs: number;
  /** Asked to end; not yet confirmed by the log. */
  ending: boolean;
  remote: MediaStream | null;
  /** What shows the identity words, once it is here. */
  identity: IdentityGate | null;
  /** Who else is there. */
  party: PartyGate;
  /** Handed on from another talk: what to say instead of one's place alone. */
  handed: ((place: Place | null, now: number) => string[]) | null;
  devices: DevicesView;
  board: BoardGate;
  boardLed: GateState;
  chat: ChatState;
}

/** What the part that prepares camera and microphone asks for. */
export type DeviceActions = Pick<
  CallActions,
  "allow" | "toggleCamera" | "toggleMicrophone" | "withdraw" | "choose" | "level" | "testSpeaker"
>;

export interface CallActions {
  readonly options: Claimant;
  readonly files: Files;
  /** Consent in our words was given for these; the browser asks next. */
  allow(devices: { camera: boolean; microphone: boolean }): void;
  toggleCamera(): void;
  toggleMicrophone(): void;
  /** To show it is to agree to that: the words were asked before. */
  toggleScreen(): void;
  /** What the other side shows shall end. */
  stopScreen(): void;
  /** A consent is taken back: the device is let go of at once. */
  withdraw(purpose: Purpose): void;
  /** What is asked for in the talk; resolves once it is in the log, or cannot be. */
  decide(purpose: Question, given: boolean): Promise<unknown>;
  /** What sends, for whatever else this person agrees to send to. */
  readonly ends: () => { relay: Relay; devices: Devices };
  choose(device: DeviceName, id: string): void;
  /** How loud the own microphone is, 0 to 1. */
  level(): number;
  testSpeaker(): void;
  say(text: string): void;
  typing(on: boolean): void;
  seen(): void;
  retry(id: string): void;
  leave(): void;
  end(): void;
  /** The advisor is gone: wait for another one, before everybody else. */
  requeue(): void;
  again(): void;
  /** Go on here, and not on the other page any more. */
  takeOver(): void;
}
