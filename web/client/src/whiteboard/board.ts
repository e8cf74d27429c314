/** The board of one session: what is drawn on this page goes into the log, what the log tells comes
 * onto this page, and what is in progress is seen meanwhile. It knows no React and no Excalidraw:
 * what draws is a `Canvas`.
 *
 * Everybody's scene is the fold of the log. What is drawn here and not in it yet is simply what the
 * canvas has and the scene has not: it goes out as soon as it is settled, one event in flight, and
 * whatever is not acknowledged is part of the next one. A reload survives the event in flight by the
 * relay, and the rest by `Kept`: it is drawn again as soon as the log is read. */
import { find, applyRoster, applyToSession, NEW_SESSION, type Session } from "../sessions/session";
import type { Bodies } from "../sessions/bodies";
import type { OpenedOf, Opened } from "../sessions/opened";
import { wallClock, type Clock } from "../signaling/clock";
import { Listeners } from "../signaling/listeners";
import { RelayRefused } from "../signaling/outbox";
import type { Relay } from "../signaling/relay";
import { Kept } from "./kept";
import { parcel } from "./parcels";
import { Pointers, type Pointer } from "./pointers";
import { Retelling } from "./retelling";
import { Fold, outgoing, same, sceneHash, wins, type Element, type Scene, type Step } from "./scene";
import { Drafts, Telling } from "./sketches";
import { isStroke, thinned } from "./thin";

/** As much of an element as it takes to compare it. */
export interface Drawn {
  readonly id: string;
  readonly version: number;
  readonly versionNonce: number;
  readonly isDeleted: boolean;
}

/** What draws. Tell the board by `changed()` whenever something on it changed. */
export interface Canvas {
  /** Everything, the deleted as well, as it is drawn here just now. */
  elements(): readonly Drawn[];
  /** A stroke is being drawn, something is being moved or written: it is not settled yet. */
  busy(): boolean;
  /** Put these in place of what is there, take those away. Not to be undone, because not one's own;
   * except what the person has in hand: the board asks again when they let go. */
  take(elements: readonly Element[], gone: readonly string[]): void;
  point(pointers: readonly Pointer[]): void;
}

export type Notice =
  /** Something of somebody else's may not be on a board. */
  | "left-out"
  /** Something of one's own may not, or does not fit. */
  | "unfit"
  | "full"
  /** Only advisors draw just now. */
  | "locked";

export interface BoardState {
  readonly led: Readonly<Bodies["board.led"]>;
  /** Whether this person may draw. */
  readonly mayDraw: boolean;
  /** Everything drawn here is in the log, and everything in the log is drawn here. */
  readonly settled: boolean;
  /** Counts the changes of the scene. */
  readonly turn: number;
}

/** What a page heard before it had a board: of the log, and who came and went since it joined. */
export interface Past {
  readonly events: readonly Opened[];
  /** Of the last event, whether it is among them or not. */
  readonly seq: number;
  /** Where the log ended when the page joined. */
  readonly head: number;
}

const NO_PAST: Past = { events: [], seq: 0, head: 0 };

interface BoardEvents {
  [name: string]: unknown[];
  change: [state: BoardState];
  notice: [notice: Notice];
  /** Somebody came or went. */
  present: [];
  /** Somebody else changed these; not told while the past is replayed. */
  drawn: [participant: string, elements: readonly Element[], fresh: ReadonlySet<string>];
  /** What lay there before this person came is drawn now. */
  brought: [];
}

type Lines = Pick<Relay, "on" | "send" | "admission" | "roster" | "pending">;

export interface BoardOptions {
  readonly relay: Lines;
  readonly clock?: Clock;
  readonly kept?: Kept;
}

/** The server drops what comes more often. */
const PACE_MS = 40;
/** While a stroke is drawn it says itself where the pen is. */
const DRAWING_PACE_MS = 200;
/** What comes in one after the other is drawn together. */
const FRAME_MS = 16;
const LOOK_AROUND_MS = 2_000;
const NOBODY = "";

export class Board {
  readonly #relay: Lines;
  readonly #clock: Clock;
  readonly #kept: Kept;
  readonly #listeners = new Listeners<BoardEvents>();
  readonly #pointers = new Pointers();
  readonly #drafts = new Drafts();
  readonly #telling = new Telling();
  readonly #authors = new Map<string, string>();
  /** From others, and not brought onto the canvas yet. */
  readonly #fresh = new Set<string>();
  readonly #retelling: Retelling;
  #fold = new Fold();
  #session: Session = NEW_SESSION;
  #canvas: Canvas | null = null;
  /** What was drawn on a canvas that is gone, and is not in the log yet. */
  #left: readonly Drawn[] = [];
  #inFlight: { seq: number | null; sent: ReadonlyMap<string, Drawn> } | null = null;
  /** What was drawn before a reload and is to be drawn again; null until it was looked for. */
  #before: readonly Element[] | null = null;
  #looking = false;
  /** Something is settled, and must wait for what was in flight before a reload. */
  #waits = false;
  #seq = 0;
  #head = 0;
  #over = false;
  /** The person has something in hand. */
  #held = false;
  #turn = 0;
  /** What lay there before is here, and not drawn yet. */
  #brought = false;
  #state: BoardState | null = null;
  #told: BoardState | null = null;
  #frame: (() => void) | null = null;
  #sketching: (() => void) | null = null;
  #pointing: { next: Bodies["board.pointer"] | null; cancel: () => void } | null = null;
  #lookAround: (() => void) | null = null;
  #stops: (() => void)[] = [];

  constructor({ relay, clock = wallClock, kept = new Kept() }: BoardOptions) {
    this.#kept = kept;
    this.#relay = relay;
    this.#clock = clock;
    this.#retelling = new Retelling({
      relay,
      clock,
      whole: () => (this.caughtUp && !this.#over ? this.#fold : null),
      advised: () => this.#session.people.some(({ role, present }) => role === "advisor" && present),
    });
  }

  /** It goes on from what this page heard before. */
  start({ events, seq, head }: Past = NO_PAST): void {
    this.#head = head;
    const [seats, passing] = [events.filter(isSeat), events.filter((event) => event.seq === null && !isSeat(event))];
    for (const event of seats) this.#heard(event);
    for (const event of events) if (event.seq !== null) this.#heard(event);
    this.#session = applyRoster(this.#session, this.#relay.roster);
    for (const event of passing) this.#heard(event);
    this.#passed(seq);
    void this.#lookBefore();
    this.#stops = [
      this.#relay.on("event", (event) => this.#heard(event)),
      this.#relay.on("joined", ({ seq, roster }) => {
        this.#head = seq;
        this.#session = applyRoster(this.#session, roster);
        void this.#lookBefore();
        this.#retelling.look();
        this.#tell();
        this.#listeners.tell("present");
      }),
      this.#relay.on("integrity", ({ seq }) => this.#passed(seq ?? 0)),
      this.#relay.on("reset", () => this.#forget()),
      this.#relay.on("pending", () => {
        if (this.#waits) this.changed();
        this.#retelling.look();
      }),
      this.#relay.on("refused", ({ id }) => id === null && this.#kept.clear()),
    ];
  }

  stop(): void {
    this.#over = true;
    for (const stop of [...this.#stops.splice(0), this.#frame, this.#sketching, this.#lookAround]) stop?.();
    this.#pointing?.cancel();
    this.#retelling.stop();
  }

  on<Name extends keyof BoardEvents & string>(name: Name, heard: (...facts: BoardEvents[Name]) => void): () => void {
    return this.#listeners.on(name, heard);
  }

  get state(): BoardState {
    const now = this.#now();
    if (this.#state === null || !alike(this.#state, now)) this.#state = now;
    return this.#state;
  }

  #now(): BoardState {
    const me = this.#me();
    const mayDraw = me === null || this.#fold.mayDraw(me);
    return { led: this.#fold.led, mayDraw, settled: this.#isSettled(), turn: this.#turn };
  }

  get scene(): Scene {
    return this.#fold.scene;
  }

  /** The log is read as far as it went when this page joined: what comes now is news. */
  get caughtUp(): boolean {
    return this.#head > 0 && this.#seq >= this.#head;
  }

  /** SHA-256 over the scene as everybody has it. */
  hash(): Promise<string> {
    return sceneHash(this.#fold.scene);
  }

  /** Who drew it first; their name, and whether it was this person. Of what lay there before they came, a
   * guest is not told. */
  authorOf(id: string): { name: string; mine: boolean } | null {
    const author = this.#authors.get(id);
    return author === undefined ? null : { name: this.nameOf(author), mine: author === this.#me() };
  }

  /** The guests who sit there, and where in the log they came. */
  get guests(): ReadonlyMap<string, number> {
    return this.#retelling.guests;
  }

  /** Somebody who is connected now. */
  isHere(participant: string): boolean {
    return find(this.#session, participant)?.present === true;
  }

  nameOf(participant: string): string {
    return find(this.#session, participant)?.name ?? "";
  }

  /** Draw on this from now on; the way back takes it away again. */
  attach(canvas: Canvas): () => void {
    const left = this.#dirty().flatMap((drawn) => ready(drawn) ?? []);
    this.#canvas = canvas;
    this.#left = [];
    if (left.length > 0) canvas.take(left, []);
    this.#show();
    canvas.point(this.#pointers.all);
    return () => {
      if (this.#canvas !== canvas) return;
      this.#left = this.#dirty();
      this.#canvas = null;
      this.#telling.forget();
      this.#flush();
      this.#tell();
    };
  }

  // -- what happens on the canvas

  /** Something on the canvas changed; called as often as it likes. */
  changed(): void {
    if (this.#canvas?.busy() === true) {
      this.#held = true;
      this.#sketchSoon();
    } else {
      this.#flush();
      this.#keep();
      if (this.#held) this.#letGo();
    }
    this.#tell();
  }

  /** What others changed meanwhile was kept from the canvas. */
  #letGo(): void {
    this.#held = false;
    this.#telling.forget();
    this.#showSoon();
  }

  /** This person points there, in units of the scene. */
  pointed(body: Bodies["board.pointer"]): void {
    if (this.#pointing !== null) {
      this.#pointing.next = body;
      return;
    }
    void this.#relay.send("board.pointer", body);
    const pace = this.#canvas?.busy() === true ? DRAWING_PACE_MS : PACE_MS;
    const cancel = this.#clock.after(pace, () => {
      const next = this.#pointing?.next ?? null;
      this.#pointing = null;
      if (next !== null) this.pointed(next);
    });
    this.#pointing = { next: null, cancel };
  }

  /** What the canvas has and the log has not, without what others are drawing just now. */
  #dirty(): Drawn[] {
    return (this.#canvas?.elements() ?? this.#left).filter((drawn) => {
      const draft = this.#drafts.get(drawn.id);
      return (draft === undefined || newer(drawn, draft)) && this.#isNews(drawn);
    });
  }

  #isNews(drawn: Drawn): boolean {
    const settled = this.#fold.scene.get(drawn.id);
    return settled === undefined ? !drawn.isDeleted : newer(drawn, settled);
  }

  #isSettled(): boolean {
    if (this.#seq < this.#head || this.#inFlight !== null || this.#frame !== null || this.#drafts.size > 0) return false;
    if (this.#canvas === null) return this.#left.length === 0;
    return !this.#canvas.busy() && this.#dirty().length === 0 && this.#behind(this.#canvas).length === 0;
  }

  // -- in progress

  #sketchSoon(): void {
    this.#sketching ??= this.#clock.after(PACE_MS, () => {
      this.#sketching = null;
      if (this.#canvas?.busy() === true && this.#sketch()) this.#sketchSoon();
    });
  }

  /** Tell the others of one thing in progress; false if there is nothing to tell. */
  #sketch(): boolean {
    if (!this.state.mayDraw) return false;
    const elements = this.#dirty().flatMap((drawn) => outgoing(drawn) ?? []);
    const stroke = this.#telling.next(this.#telling.turn(elements));
    if (stroke !== null) void this.#relay.send("board.stroke", stroke);
    return stroke !== null;
  }

  // -- settled

  /** Log what is settled and not logged yet, as much as fits, unless something is on its way. */
  #flush(): void {
    this.#waits = false;
    if (this.#inFlight !== null || this.#over) return;
    const dirty = this.#dirty();
    if (dirty.length === 0) return;
    // What was in flight before a reload may be the same.
    this.#waits = this.#relay.pending.some(({ kind }) => kind === "board.changed");
    if (this.#waits) return;
    if (!this.state.mayDraw) return this.#giveUp(dirty, "locked");
    const fitting = this.#fitting(dirty);
    const { elements, tooLarge } = parcel(fitting);
    if (tooLarge.length > 0) this.#giveUp(tooLarge, "unfit");
    if (elements.length > 0) void this.#log(elements);
  }

  #fitting(dirty: readonly Drawn[]): Element[] {
    const [fitting, unfit]: [Element[], Drawn[]] = [[], []];
    for (const drawn of dirty) {
      const element = ready(drawn);
      if (element === null) unfit.push(drawn);
      else fitting.push(element);
    }
    if (unfit.length > 0) this.#giveUp(unfit, "unfit");
    return fitting;
  }

  async #log(elements: readonly Element[]): Promise<void> {
    const inFlight = { seq: null as number | null, sent: new Map(elements.map((one) => [one.id, one])) };
    this.#inFlight = inFlight;
    try {
      inFlight.seq = (await this.#relay.send("board.changed", { elements })).seq;
      this.#landed();
    } catch (error) {
      if (this.#inFlight === inFlight) this.#inFlight = null;
      const code = error instanceof RelayRefused ? error.code : "unknown";
      if (code === "closed") this.#over = true;
      else this.#giveUp(elements, "unfit");
    }
    this.#keep();
    this.#tell();
  }

  /** Acknowledged, and come back in its place: the next one may go. */
  #landed(): void {
    const seq = this.#inFlight?.seq ?? null;
    if (seq === null || seq > this.#seq) return;
    this.#inFlight = null;
    this.#left = this.#canvas === null ? this.#dirty() : [];
    if (this.#canvas?.busy() !== true) this.#flush();
    this.#keep();
    this.#tell();
  }

  // -- over a reload

  /** Keep what is settled and in no event. */
  #keep(): void {
    const { admission } = this.#relay;
    const unread = this.#before === null || this.#before.length > 0;
    if (admission === null || unread || this.#over || this.#canvas?.busy() === true) return;
    const idle = this.#inFlight === null && !this.#waits;
    const unsaid = idle ? [] : this.#dirty().filter((drawn) => !same(drawn, this.#inFlight?.sent.get(drawn.id)));
    void this.#kept.keep(admission, unsaid.flatMap((drawn) => ready(drawn) ?? []));
  }

  async #lookBefore(): Promise<void> {
    const { admission } = this.#relay;
    if (this.#looking || admission === null) return;
    this.#looking = true;
    this.#before = await this.#kept.take(admission);
    this.#drawAgain();
    this.#keep();
  }

  /** As if it had just been drawn, once everything is known that others drew meanwhile. */
  #drawAgain(): void {
    if (this.#before === null || this.#before.length === 0 || !this.caughtUp) return;
    const before = this.#before;
    this.#before = [];
    if (this.#canvas === null) this.#left = [...this.#left, ...before];
    else this.#canvas.take(before.filter((one) => this.#isNews(one)), []);
    this.changed();
  }

  /** These do not get onto the board: show what everybody has instead. */
  #giveUp(elements: readonly Drawn[], notice: Notice): void {
    const scene = this.#fold.scene;
    const ids = elements.map(({ id }) => id);
    this.#left = this.#left.filter(({ id }) => !ids.includes(id));
    this.#canvas?.take(ids.flatMap((id) => scene.get(id) ?? []), ids.filter((id) => !scene.has(id)));
    this.#listeners.tell("notice", notice);
  }

  // -- what happens

  #heard(event: Opened): void {
    this.#session = applyToSession(this.#session, event);
    if (event.kind === "session.ended") this.#kept.clear();
    if (event.kind === "board.stroke") this.#stroke(event);
    else if (event.kind === "board.pointer") this.#pointed(event);
    else if (event.kind === "presence.changed" && !event.body.present) this.#lost(event.body.participant);
    else if (event.kind === "participant.left") this.#lost(event.body.participant);
    if (event.seq !== null) this.#logged(event);
    else if (isSeat(event)) this.#seated(event);
    if (event.kind === "presence.changed") this.#retelling.look();
    if (event.kind === "presence.changed" || event.kind.startsWith("participant.")) this.#listeners.tell("present");
  }

  /** Sat there before the log begins for this page. */
  #seated(event: Opened): void {
    this.#fold.apply(event);
    this.#retelling.hear(event);
  }

  #logged(event: Opened): void {
    const step = this.#fold.apply(event);
    if (event.kind === "board.changed") this.#changed(event, step);
    if (event.kind === "board.led") this.#ledNow();
    this.#passed(event.seq as number);
    this.#retelling.hear(event);
    if (event.kind.startsWith("board.") || event.kind === "participant.joined") this.#tell();
  }

  #changed(event: OpenedOf<"board.changed">, step: Step): void {
    const { changed } = step;
    // Whose log begins with the talk has it all: said again or not, it is news if it changes anything.
    const again = event.body.again === true && (this.#relay.admission?.since ?? 0) > 0;
    const fresh = new Set(changed.flatMap(({ id }) => (this.#authors.has(id) ? [] : id)));
    for (const id of fresh) this.#authors.set(id, again ? NOBODY : event.participant);
    if (changed.length > 0) this.#turn += 1;
    if (!event.mine) for (const { id } of changed) this.#fresh.add(id);
    if (event.mine && event.body.again !== true) this.#cameBack(event, step);
    else if (!event.mine && step.leftOut > 0) this.#news(event, () => this.#listeners.tell("notice", "left-out"));
    if (again) this.#brought ||= changed.length > 0;
    else if (!event.mine && changed.length > 0) {
      this.#news(event, () => this.#listeners.tell("drawn", event.participant, changed, fresh));
    }
    this.#showSoon();
  }

  #passed(seq: number): void {
    const behind = this.#seq < this.#head;
    this.#seq = Math.max(this.#seq, seq);
    this.#landed();
    if (behind) this.#drawAgain();
    if (behind && this.#seq >= this.#head) {
      this.#retelling.look();
      this.#tell();
    }
  }

  /** News is what happens; the past that is replayed is none. */
  #news(event: Opened, tell: () => void): void {
    if ((event.seq ?? 0) > this.#head) tell();
  }

  /** One's own, in its place. What did not get onto the board must not stay on this page either. */
  #cameBack(event: OpenedOf<"board.changed">, step: Step): void {
    if (!step.lockedOut && step.leftOut === 0) return;
    const lost = (event.body.elements as readonly Drawn[]).filter((sent) => {
      const settled = this.#fold.scene.get(sent.id);
      return settled === undefined || wins(settled, sent as Element);
    });
    const ours = new Map((this.#canvas?.elements() ?? []).map((drawn) => [drawn.id, drawn]));
    this.#giveUp(lost.filter((sent) => same(sent, ours.get(sent.id))), step.lockedOut ? "locked" : "full");
  }

  #ledNow(): void {
    this.#tell();
    if (this.#fold.led.locked) {
      for (const { participant, role } of this.#session.people) {
        if (role !== "advisor") this.#takeAway(this.#drafts.dropOf(participant));
      }
    }
    if (!this.state.mayDraw && this.#inFlight === null) this.#flush();
  }

  #stroke({ participant, body }: OpenedOf<"board.stroke">): void {
    if (!this.#fold.mayDraw(participant)) return;
    if (this.#drafts.take(participant, body, this.#clock.now())) this.#showSoon();
    this.#watch();
  }

  #pointed({ participant, body }: OpenedOf<"board.pointer">): void {
    this.#pointers.take(participant, this.nameOf(participant), body, this.#clock.now());
    this.#canvas?.point(this.#pointers.all);
    this.#watch();
  }

  #lost(participant: string): void {
    if (this.#pointers.drop(participant)) this.#canvas?.point(this.#pointers.all);
    this.#takeAway(this.#drafts.dropOf(participant));
  }

  /** As long as something may lapse. */
  #watch(): void {
    this.#lookAround ??= this.#clock.after(LOOK_AROUND_MS, () => {
      this.#lookAround = null;
      const now = this.#clock.now();
      if (this.#pointers.expire(now)) this.#canvas?.point(this.#pointers.all);
      this.#takeAway(this.#drafts.expire(this.#fold.scene, now));
      if (this.#drafts.size > 0 || this.#pointers.all.length > 0) this.#watch();
    });
  }

  #forget(): void {
    this.#fold = new Fold();
    this.#session = NEW_SESSION;
    this.#retelling.forget();
    this.#authors.clear();
    this.#drafts.clear();
    this.#telling.forget();
    this.#seq = 0;
    this.#before &&= [];
    this.#turn += 1;
    this.#canvas?.take([], this.#canvas.elements().map(({ id }) => id));
    this.#tell();
  }

  // -- what is shown

  #showSoon(): void {
    if (this.#canvas === null) return;
    this.#frame ??= this.#clock.after(FRAME_MS, () => {
      this.#frame = null;
      this.#show();
      this.#tell();
    });
  }

  /** Bring the canvas up to the scene, and what others are drawing over it. */
  #show(): void {
    if (this.#canvas === null) return;
    this.#takeAway(this.#drafts.expire(this.#fold.scene, this.#clock.now()));
    const take = this.#behind(this.#canvas);
    this.#fresh.clear();
    if (take.length > 0) this.#canvas.take(take, []);
    if (!this.#brought) return;
    this.#brought = false;
    this.#listeners.tell("brought");
  }

  /** What a canvas has not, or only as it was before. */
  #behind(canvas: Canvas): Element[] {
    const shown = new Map(canvas.elements().map((drawn) => [drawn.id, drawn]));
    return [...this.#fold.scene.values(), ...this.#drafts.elements()].filter((element) => {
      const drawn = shown.get(element.id);
      if (drawn === undefined) return !element.isDeleted;
      return newer(element, drawn) || (this.#fresh.has(element.id) && same(element, drawn));
    });
  }

  /** What others no longer draw: what everybody has is there instead, or nothing. */
  #takeAway(drafts: readonly Element[]): void {
    if (drafts.length === 0) return;
    const scene = this.#fold.scene;
    const shown = new Map(this.#canvas?.elements().map((drawn) => [drawn.id, drawn]));
    // Whoever went on with it here keeps it.
    const ids = drafts.flatMap((draft) => {
      const drawn = shown.get(draft.id);
      return drawn === undefined || newer(drawn, draft) ? [] : draft.id;
    });
    this.#canvas?.take(ids.flatMap((id) => scene.get(id) ?? []), ids.filter((id) => !scene.has(id)));
    this.#tell();
  }

  #me(): string | null {
    return this.#relay.admission?.participant ?? null;
  }

  #tell(): void {
    if (this.state === this.#told) return;
    this.#told = this.state;
    this.#listeners.tell("change", this.#told);
  }
}

/** As it is logged; null if it may not be on a board. */
function ready(drawn: Drawn): Element | null {
  return outgoing(isStroke(drawn) ? thinned(drawn) : drawn);
}

function alike(one: BoardState, other: BoardState): boolean {
  return (["led", "mayDraw", "settled", "turn"] as const).every((field) => one[field] === other[field]);
}

/** Of who sat there before the log begins for this page. */
function isSeat({ seq, kind }: Opened): boolean {
  return seq === null && kind === "participant.joined";
}

/** By version and nonce alone: values differ, because numbers are rounded on their way. */
function newer(one: Drawn, other: Drawn): boolean {
  if (one.version !== other.version) return one.version > other.version;
  return one.versionNonce < other.versionNonce;
}
