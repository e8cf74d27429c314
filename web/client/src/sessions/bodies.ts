/** What the body of each kind looks like, and whether an opened one really does.
 * Whoever holds the content key can seal anything, so every body is checked before it is used.
 * It does not know how bodies are sealed or sent. */
import type { KindName, Role } from "./events";

export type Stage = "preparing" | "seated";
export type LeaveReason = "left" | "lost" | "taken" | "removed";
/** What a guest is there for: how their picture is placed, and what is said of them. */
export type GuestSeat = "guest" | "interpreter";
/** Where an invitation stands; it only ever goes forward. */
export type InvitationState = "open" | "asked" | "admitted" | "refused" | "withdrawn" | "lapsed";
export type EndReason = "hung_up" | "abandoned" | "expired" | "lost" | "erased";
export type Path = "direct" | "turn-udp" | "turn-tcp" | "turn-tls" | "none";
export type Word = "good" | "fair" | "poor" | "none";
export type Verdict = "clean" | "infected" | "unscanned";
export type Cause = "ok" | "loss" | "delay" | "bandwidth" | "no-path" | "device";

/** What Art. 9 GDPR protects and a talk may come to; in order: call/special.ts. */
export type Special = "health" | "belief" | "union" | "origin" | "politics" | "sexuality" | "genetics" | "biometrics";
export type Purpose = "camera" | "microphone" | "screen" | "recording" | Special;

export interface Report {
  rtt_ms: number | null;
  loss_pct: number | null;
  jitter_ms: number | null;
  up_kbps: number | null;
  down_kbps: number | null;
  fps: number | null;
  path: Path;
  score: number;
  word: Word;
  cause: Cause;
}

export interface Bodies {
  "participant.joined": {
    participant: string;
    role: Role;
    name: string;
    title?: string | null;
    stage: Stage;
    /** Of a guest. */
    seat?: GuestSeat | null;
    /** Of a prospect who was handed on: what call/handed.ts reads. */
    after?: object | null;
  };
  "participant.left": { participant: string; reason: LeaveReason };
  "session.accepted": { name: string; title: string };
  /** onward: the prospect goes on in another session, which is there already. barred_until_ms: they may start none until then. */
  "session.ended": { reason: EndReason; onward?: boolean | null; barred_until_ms?: number | null };
  "chat.message": { text: string };
  /** text: SHA-256 of the words that were agreed to, which begins with text_version. previous: the
      digest of this person's entry before (call/ledger.ts). */
  "consent.changed": { purpose: Purpose; given: boolean; text_version: string; text?: string; previous?: string };
  /** What may be specially protected; its words as with consents. */
  "hint.shown": { hint: "files"; text_version: string; text?: string };
  /** on: asked, of everybody; only an advisor's counts. Not on: nobody is recorded any more. */
  "recording.changed": { on: boolean };
  "chat.typing": { on: boolean };
  "chat.read": { received: number; seen: number };
  /** over: this person chose this page, whichever spoke up last. renews: it understands `connection`. */
  "call.hello": { instance: string; to?: string; over?: boolean; renews?: boolean };
  "call.description": {
    to: string;
    instance: string;
    /** The addressee's instance as the sender knows it: what was meant for a closed page is void. */
    toward?: string;
    /** Which one between these two pages, from 0; a higher number takes the place of a lower one. */
    connection?: number;
    type: "offer" | "answer";
    sdp: string;
  };
  "call.candidate": {
    to: string;
    instance: string;
    toward?: string;
    connection?: number;
    candidate: string;
    mid: string | null;
    index: number | null;
  };
  "call.devices": {
    camera: boolean;
    microphone: boolean;
    /** The picture is a shared screen. */
    screen?: boolean;
  };
  /** Hexadecimal: SHA-256 of a nonce, the other end's nonce, the nonce itself. */
  "screen.stop": { to: string };
  "call.identity": { to: string; instance: string; toward: string; step: "commit" | "nonce" | "reveal"; value: string };
  /** file: its id, part of its key. Name, type, size and hash are the sender's word until it is opened. */
  "file.shared": {
    file: string;
    name: string;
    type: string;
    /** Plaintext bytes. */
    size: number;
    /** SHA-256 of the plaintext, hexadecimal. */
    sha256: string;
    /** Pixels, of a picture. */
    width?: number;
    height?: number;
    /** Laid on the board rather than handed over. */
    board?: boolean;
  };
  "file.removed": { file: string };
  "file.scanned": { file: string; verdict: Verdict };
  /** Elements after the change, whole; whiteboard/scene.ts says which are taken. again: they lay there before,
   * and are said once more for whoever came since. */
  "board.changed": { elements: readonly object[]; again?: boolean };
  /** open: the board is the stage. leader: whose view the others follow. locked: only advisors draw. */
  "board.led": { open: boolean; leader: string | null; locked: boolean };
  /** An element in progress; of a stroke the points from `from` on. */
  "board.stroke": { element: object; from?: number };
  "board.pointer": { x: number; y: number; tool: "pointer" | "laser"; down: boolean };
  /** The rectangle of the scene that is seen. */
  "board.view": { x: number; y: number; width: number; height: number };
  "presence.changed": { participant: string; present: boolean };
  /** The list of invitations changed, for whoever may read it. */
  "invitation.changed": { invitation: string; state: InvitationState };
  "desk.position": { position: number; expected_s: number | null; free: number };
  "desk.changed": { session: string | null; what: string };
  "quality.report": Report;
  "ops.changed": { session: string | null; what: string };
  "link.check": object;
  /** What a checkup found; the microphone is heard on the device, and only the word is told. */
  "checkup.result": Omit<Report, "fps"> & { microphone: "heard" | "quiet" | "off" };
}

type Check = (value: unknown) => boolean;

const text =
  (max: number, min = 0): Check =>
  (value) =>
    typeof value === "string" && value.length >= min && value.length <= max;
const hex =
  (digits: number): Check =>
  (value) =>
    typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);
const word =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string);
const flag: Check = (value) => typeof value === "boolean";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

const object: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const objects: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(object);

const person = hex(16);
const figure = maybe(number);
/** Characters as people count them: an emoji is one. */
const said: Check = (value) =>
  text(8000, 1)(value) && (value as string).trim() !== "" && Array.from(value as string).length <= 4000;
const role = word("prospect", "advisor", "guest", "operator", "server");

const SHAPES: { [K in KindName]: { [F in keyof Required<Bodies[K]>]: Check } } = {
  "participant.joined": {
    participant: person,
    role,
    name: text(200, 1),
    title: maybe(text(200)),
    stage: word("preparing", "seated"),
    seat: maybe(word("guest", "interpreter")),
    after: maybe(object),
  },
  "participant.left": { participant: person, reason: word("left", "lost", "taken", "removed") },
  "session.accepted": { name: text(200, 1), title: text(200) },
  "session.ended": { reason: word("hung_up", "abandoned", "expired", "lost", "erased"), onward: maybe(flag), barred_until_ms: figure },
  "chat.message": { text: said },
  "consent.changed": {
    purpose: text(20, 1), // of a later release, too: what this one knows is looked for by its name
    given: flag,
    text_version: text(40),
    text: maybe(text(64)),
    previous: maybe(text(64)),
  },
  "hint.shown": { hint: word("files"), text_version: text(40), text: maybe(text(64)) },
  "recording.changed": { on: flag },
  "chat.typing": { on: flag },
  "chat.read": { received: count, seen: count },
  "call.hello": { instance: person, to: maybe(person), over: maybe(flag), renews: maybe(flag) },
  "call.description": {
    to: person,
    instance: person,
    toward: maybe(person),
    connection: maybe(count),
    type: word("offer", "answer"),
    sdp: text(32_768, 1),
  },
  "call.candidate": {
    to: person,
    instance: person,
    toward: maybe(person),
    connection: maybe(count),
    candidate: text(1000),
    mid: maybe(text(20)),
    index: maybe(count),
  },
  "call.devices": { camera: flag, microphone: flag, screen: maybe(flag) },
  "call.identity": { to: person, instance: person, toward: person, step: word("commit", "nonce", "reveal"), value: hex(64) },
  "screen.stop": { to: person },
  "file.shared": {
    file: hex(32),
    name: text(200, 1),
    type: text(100),
    size: count,
    sha256: hex(64),
    width: maybe(count),
    height: maybe(count),
    board: maybe(flag),
  },
  "file.removed": { file: hex(32) },
  "file.scanned": { file: hex(32), verdict: word("clean", "infected", "unscanned") },
  "board.changed": { elements: objects, again: maybe(flag) },
  "board.led": { open: flag, leader: maybe(person), locked: flag },
  "board.stroke": { element: object, from: maybe(count) },
  "board.pointer": { x: number, y: number, tool: word("pointer", "laser"), down: flag },
  "board.view": { x: number, y: number, width: number, height: number },
  "presence.changed": { participant: person, present: flag },
  "invitation.changed": {
    invitation: hex(32),
    state: word("open", "asked", "admitted", "refused", "withdrawn", "lapsed"),
  },
  "desk.position": { position: count, expected_s: maybe(number), free: count },
  "desk.changed": { session: maybe(text(40)), what: text(40) },
  "quality.report": {
    rtt_ms: figure,
    loss_pct: figure,
    jitter_ms: figure,
    up_kbps: figure,
    down_kbps: figure,
    fps: figure,
    path: word("direct", "turn-udp", "turn-tcp", "turn-tls", "none"),
    score: number,
    word: word("good", "fair", "poor", "none"),
    cause: word("ok", "loss", "delay", "bandwidth", "no-path", "device"),
  },
  "ops.changed": { session: maybe(text(40)), what: text(40) },
  "link.check": {},
  "checkup.result": {
    rtt_ms: figure,
    loss_pct: figure,
    jitter_ms: figure,
    up_kbps: figure,
    down_kbps: figure,
    path: word("direct", "turn-udp", "turn-tcp", "turn-tls", "none"),
    score: number,
    word: word("good", "fair", "poor", "none"),
    cause: word("ok", "loss", "delay", "bandwidth", "no-path", "device"),
    microphone: word("heard", "quiet", "off"),
  },
};

/** Whether `body` may be used as a body of `kind`; fields of a later version are ignored. */
export function fits<K extends KindName>(kind: K, body: unknown): body is Bodies[K] {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  const given = body as Record<string, unknown>;
  return Object.entries<Check>(SHAPES[kind]).every(([field, check]) =>
    check(Object.hasOwn(given, field) ? given[field] : undefined),
  );
}
