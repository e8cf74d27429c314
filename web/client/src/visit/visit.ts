/** A guest's visit on this page, from the link to the goodbye: knocks, waits to be let in, takes part.
    Draws nothing; what an event means is known in session, chat and party. */
import { keepAwake } from "../call/awake";
import type { Trouble } from "../call/view";
import { type ChatState, Conversation } from "../chat/conversation";
import { Files } from "../files/files";
import { Party } from "../party/party";
import type { GuestSeat, Word } from "../sessions/bodies";
import { randomHex } from "../sessions/envelope";
import type { Opened } from "../sessions/opened";
import { applyRoster, applyToSession, NEW_SESSION, type RosterRow, type Session } from "../sessions/session";
import { toSession } from "../signaling/admission";
import { type Joined, Relay } from "../signaling/relay";
import { BoardGate } from "../whiteboard/gate";
import { Equipment } from "./equipment";
import { forgetKnock, keepKnock, keptKnock } from "./kept";
import { type Fault, isKnocked, type Knocked, knock, type Names, readLink, standing } from "./knock";

/** broken: the link has no secret. arriving: let in, and not there yet. The last ones are goodbyes. */
export type Phase = "broken" | "form" | "asked" | "arriving" | "talk" | Goodbye;
export type Goodbye = "refused" | "lapsed" | "over" | "removed" | "left";

export interface VisitOptions {
  company: string;
  language: string;
  /** A scanner looks at files. */
  scanned: boolean;
}

/** The talk, once this guest is in it. */
export interface Inside {
  readonly relay: Relay;
  readonly files: Files;
  readonly chat: Conversation;
  readonly party: Party;
  readonly board: BoardGate;
}

export interface VisitView extends VisitOptions {
  phase: Phase;
  seat: GuestSeat;
  me: string;
  session: Session;
  chat: ChatState | null;
  trouble: Trouble | null;
  /** The connection, as one word; null before it is known. */
  word: Word | null;
  /** Picture and sound are on another page of this guest. */
  elsewhere: boolean;
}

const ASK_MS = 2_000;
/** The past is told within this, or the screen begins without it. */
const ARRIVAL_MS = 1_500;

export class Visit {
  view: VisitView;
  readonly equipment = new Equipment(() => this.#refresh());
  inside: Inside | null = null;
  readonly #invitation: string;
  readonly #secret: string;
  readonly #key = randomHex(32);
  readonly #watchers = new Set<() => void>();
  #knocked: Knocked | null;
  #session: Session = NEW_SESSION;
  #past: Opened[] = [];
  #roster: readonly RosterRow[] = [];
  #head: number | null = null;
  #arriving = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #awake: (() => void) | null = null;
  #troubles: Trouble | null = null;

  constructor(options: VisitOptions) {
    const { invitation, secret } = readLink(location);
    this.#invitation = invitation;
    this.#secret = secret;
    this.#knocked = keptKnock(invitation);
    const phase = this.#knocked !== null ? "asked" : secret === "" ? "broken" : "form";
    const seat = this.#knocked?.seat ?? "guest";
    this.view = { ...options, phase, seat, me: "", session: NEW_SESSION, chat: null, trouble: null, word: null, elsewhere: false };
  }

  readonly watch = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  };

  start(): void {
    if (this.#knocked === null) return;
    this.equipment.resume();
    void this.#look();
  }

  // -- what the screens ask for

  /** Null where it is done: then they wait. */
  async knock(names: Names): Promise<Fault | null> {
    const answer = await knock({ invitation: this.#invitation, secret: this.#secret, key: this.#key }, names);
    if (!isKnocked(answer)) return answer;
    this.#knocked = answer;
    keepKnock(this.#invitation, answer);
    this.#become("asked", { seat: answer.seat, me: [names.first_name, names.last_name].join(" ").trim() });
    this.#timer = setTimeout(() => void this.#look(), ASK_MS);
    return null;
  }

  /** Go, for good: the link is spent. */
  leave = (): void => {
    const relay = this.inside?.relay;
    this.#end("left");
    void relay?.leave();
  };

  takeOver = (): void => {
    this.inside?.party.takeOver();
    this.equipment.resume();
    this.#refresh({ elsewhere: false });
  };

  // -- until one is let in

  async #look(): Promise<void> {
    if (this.#knocked === null || this.view.phase !== "asked") return;
    const found = await standing(this.#invitation, this.#knocked.token);
    if (this.view.phase !== "asked") return;
    if (found?.state === "admitted") this.#enter(found.session, this.#knocked.token);
    else if (found?.state === "refused") this.#end("refused");
    else if (found?.state === "over") this.#end("lapsed");
    else this.#timer = setTimeout(() => void this.#look(), ASK_MS);
  }

  // -- in the talk

  #enter(session: string, token: string): void {
    const proof = { token };
    const relay = new Relay({ admit: toSession(session, proof) });
    const files = new Files({ relay, session, proof, scanned: this.view.scanned });
    const chat = new Conversation(relay);
    const party = new Party({ relay, devices: this.equipment.devices });
    const board = new BoardGate(relay, () => this.#refresh());
    this.inside = { relay, files, chat, party, board };
    this.#awake = keepAwake();
    this.equipment.enter(relay);
    chat.start();
    files.start();
    board.start();
    chat.on("change", () => this.#refresh());
    party.on("change", () => this.#refresh());
    party.on("elsewhere", () => {
      this.equipment.letGo();
      this.#refresh({ elsewhere: true });
    });
    relay.on("joined", (joined) => this.#joined(joined));
    relay.on("event", (event) => this.#heard(event));
    relay.on("reset", () => ([this.#session, this.#past] = [NEW_SESSION, []]));
    relay.on("status", () => this.#refresh());
    relay.on("refused", ({ id }) => id === null && this.#end("lapsed"));
    relay.start();
    this.#become("arriving");
  }

  #joined({ seq, roster }: Joined): void {
    this.#roster = roster;
    if (this.#head !== null) return;
    this.#head = seq;
    this.#timer = setTimeout(() => void this.#arrive(), ARRIVAL_MS);
  }

  #heard(event: Opened): void {
    this.#session = applyToSession(this.#session, event);
    this.equipment.heard(event);
    if (!this.#arriving) this.#past.push(event);
    const me = this.inside?.relay.admission?.participant;
    if (event.kind === "session.ended") this.#end("over");
    else if (event.kind === "participant.left" && event.body.participant === me) {
      this.#end(event.body.reason === "removed" ? "removed" : "over");
    } else if (this.#head !== null && (event.seq ?? 0) >= this.#head) void this.#arrive();
    this.#refresh();
  }

  /** All is told. What is sent is sent once the log has the consent to it. */
  async #arrive(): Promise<void> {
    if (this.#arriving || this.inside === null) return;
    this.#arriving = true;
    clearTimeout(this.#timer);
    const { party, board } = this.inside;
    await this.equipment.agree().catch(() => undefined);
    if (this.view.phase !== "arriving") return;
    this.#session = applyRoster(this.#session, this.#roster);
    party.start({ events: this.#past, roster: this.#roster, head: this.#head });
    this.#past = [];
    board.prefetch();
    this.#become("talk");
    // Someone who looks elsewhere hears that it begins.
    if (document.visibilityState === "hidden") void this.equipment.devices.testTone();
  }

  #end(phase: Goodbye): void {
    clearTimeout(this.#timer);
    if (isGoodbye(this.view.phase)) return;
    forgetKnock();
    this.#awake?.();
    this.equipment.close();
    this.inside?.board.stop();
    this.inside?.party.stop();
    // Whoever leaves says so first.
    if (phase !== "left") this.inside?.relay.stop();
    this.#become(phase);
  }

  // -- what is shown

  #become(phase: Phase, more: Partial<VisitView> = {}): void {
    this.#refresh({ phase, ...more });
  }

  #refresh(more: Partial<VisitView> = {}): void {
    const me = this.inside?.relay.admission?.me.name ?? this.view.me;
    const chat = this.inside?.chat.state ?? null;
    this.view = { ...this.view, session: this.#session, chat, me, trouble: this.#trouble(), word: this.#word(), ...more };
    for (const changed of this.#watchers) changed();
  }

  #trouble(): Trouble | null {
    const what = this.#wrong();
    if (what === null) return (this.#troubles = null);
    if (this.#troubles?.what !== what) this.#troubles = { what, sinceMs: Date.now() };
    return this.#troubles;
  }

  #word(): Word | null {
    if (this.inside?.relay.status === "reconnecting") return "poor";
    return this.inside?.party.state.quality?.word ?? null;
  }

  #wrong(): Trouble["what"] | null {
    if (this.inside === null) return null;
    if (this.inside.relay.status === "reconnecting") return "link";
    const advisor = this.inside.party.state.others.find((one) => one.role === "advisor");
    if (advisor === undefined || advisor.connected) return null;
    return advisor.present ? "media" : "away";
  }
}

export function isGoodbye(phase: Phase): phase is Goodbye {
  return ["refused", "lapsed", "over", "removed", "left"].includes(phase);
}
