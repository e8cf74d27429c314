/**
 * One talk as its advisor lives it: the relay of its session, its chat, the call with the prospect.
 * It does not know the desk, nor which of several talks is on the screen.
 */
import { ConsentLedger, type Entry } from "../call/ledger";
import { specials } from "../call/special";
import { type ChatState, Conversation } from "../chat/conversation";
import type { Files } from "../files/files";
import type { Call, CallState } from "../media/call";
import type { Devices } from "../media/devices";
import type { Special } from "../sessions/bodies";
import type { Opened } from "../sessions/opened";
import { applyRoster, applyToSession, find, NEW_SESSION, type Person, type Session } from "../sessions/session";
import { type Joined, type Relay, RelayRefused } from "../signaling/relay";
import type { Curtain } from "../stage/curtain";
import { BoardGate, type GateState } from "../whiteboard/gate";
import { identify, type IdentityGate } from "../identity/gate";
import { PartyGate } from "../party/gate";
import { Cell } from "./cell";
import { plain } from "./desk";
import { type Flow, start, step, type Step } from "./flow";
import type { Me } from "./page";
import { type Seen, type Situation, steady, worse } from "./report";

export interface TalkState extends Situation {
  readonly flow: Flow;
  readonly name: string;
  /** When the prospect ended what was shown here, by this page's clock; 0 if never. */
  readonly stoppedMs: number;
  readonly remote: MediaStream;
  readonly remoteDevices: { readonly camera: boolean; readonly microphone: boolean; readonly screen: boolean };
  /** The worse of what both ends measure. */
  readonly report: Seen | null;
  /** Whether the talk may come to what is specially protected, as far as the prospect has decided. */
  readonly special: { readonly [one in Special]?: boolean };
  /** Whether recording was asked for and not ended, and what both decided; undefined: nothing yet. */
  readonly recording: { readonly wanted: boolean; readonly mine?: boolean; readonly theirs?: boolean };
  /** Somebody else had them before, and may have left a note. */
  readonly handed: boolean;
  readonly chat: ChatState;
  readonly board: GateState;
  /** Picture and sound go to another page of this advisor's. */
  readonly elsewhere: boolean;
  /** What shows the identity words, once it is here. */
  readonly identity: IdentityGate | null;
  /** Who else is there; known, and shown once what shows them is here. */
  readonly party: Pick<PartyGate, "party" | "views">;
  /** The two whose talk it is. */
  readonly pair: readonly Person[];
}

export interface TalkPorts {
  readonly session: string;
  readonly relay: Relay;
  readonly call: Call;
  readonly files: Files;
  /** None: nothing of this advisor's is sent. */
  readonly devices: Devices | null;
  readonly me: Me;
  /** Only made ready: an accept by this advisor in another tab is then none of this page's. */
  readonly prepare: boolean;
  /** Without one the stage is there at once, and the picture comes later. */
  readonly curtain?: { raise(): Curtain; drop(): void };
  /** The server's clock. */
  readonly nowMs: () => number;
}

export class Talk {
  readonly session: string;
  readonly state: Cell<TalkState>;
  readonly chat: Conversation;
  readonly files: Files;
  readonly board: BoardGate;
  readonly #party: PartyGate;
  readonly #ports: TalkPorts;
  readonly #consents = new ConsentLedger((entry) => this.#ports.relay.send("consent.changed", entry));
  /** What is known; shown once a replay has been told to its end, so that no old state flashes by. */
  #flow = start;
  #known: Session = NEW_SESSION;
  /** Accept was pressed on this page. */
  asked = false;
  #theirs: Seen | null = null;
  #lastMeasured: Seen | null = null;
  #theirScreen = false;
  /** The first picture comes before the stage that is made for it. */
  #curtained = false;
  #identified = false;
  #headSeq = 0;
  #seq = 0;
  #stops: (() => void)[] = [];
  #farewell: Promise<unknown> = Promise.resolve();

  constructor(ports: TalkPorts) {
    this.#ports = ports;
    this.session = ports.session;
    this.files = ports.files;
    this.chat = new Conversation(ports.relay);
    this.board = new BoardGate(ports.relay, () => this.state.patch({ board: this.board.state }));
    const { relay, devices, call } = ports;
    this.#party = new PartyGate({ relay, devices, call, changed: () => this.#partyChanged() });
    const { remote, remoteDevices } = ports.call;
    this.state = new Cell<TalkState>({
      flow: start,
      name: "",
      stoppedMs: 0,
      remote,
      remoteDevices: { ...remoteDevices, screen: false },
      report: null,
      special: {},
      recording: { wanted: false },
      handed: false,
      elsewhere: false,
      chat: this.chat.state,
      board: this.board.state,
      identity: null,
      party: { party: null, views: null },
      pair: [],
      link: "open",
      present: true,
      media: "connecting",
    });
  }

  start(): void {
    const { relay, call } = this.#ports;
    call.start(); // hears of the accept before everybody who then draws
    this.#stops = [
      this.#party.start(),
      this.chat.start(),
      this.files.start(),
      this.board.start(),
      this.chat.on("change", (chat) => this.state.patch({ chat })),
      relay.on("joined", (joined) => this.#joined(joined)),
      relay.on("event", (event) => this.#event(event)),
      relay.on("integrity", ({ seq }) => this.#skipped(seq)),
      relay.on("reset", () => this.#reset()),
      relay.on("status", (status) => this.state.patch({ link: status === "reconnecting" ? status : "open" })),
      relay.on("refused", ({ id, code }) => {
        if (id === null) this.#step({ type: "refused", code });
      }),
      call.on("state", () => this.#mediaChanged()),
      call.on("quality", () => this.#measured()),
      call.on("devices", () => this.#devicesChanged()),
      call.on("stopped", () => this.state.patch({ stoppedMs: Date.now() })),
    ];
    relay.start();
  }

  /** Whether this advisor agrees to be recorded; resolves once it is in the log, or cannot be. */
  agree(given: boolean): Promise<unknown> {
    return this.#consents.change("recording", given).catch(() => undefined);
  }

  stopScreen(): void {
    this.#ports.call.stopScreen();
  }

  get relay(): Relay {
    return this.#ports.relay;
  }

  /** Take the prospect. Exactly one of several advisors is answered with yes. */
  accept(): void {
    const { relay, me } = this.#ports;
    this.asked = true;
    this.#step({ type: "accept" });
    // That it is so says the event itself: picture and sound begin with it, and before the stage.
    void relay.send("session.accepted", { name: me.name, title: me.title }).catch((error: unknown) => {
      this.#step({ type: "refused", code: codeOf(error) });
    });
  }

  /** The desk knows already that it is gone, while our own connection is still on its way. */
  lost(ended: boolean): void {
    this.#step(ended ? { type: "ended", reason: "abandoned", atMs: null } : { type: "released" });
  }

  /** Silent and invisible from this moment; the log hears of it as soon as it can. */
  end(): void {
    const { relay, call } = this.#ports;
    call.stop();
    this.#farewell = relay.send("session.ended", { reason: "hung_up" }).catch(() => undefined);
    this.#step({ type: "ended", reason: "hung_up", atMs: null });
  }

  durationMs(): number {
    const { acceptedMs, endedMs } = this.#flow;
    return acceptedMs === null ? 0 : Math.max(0, (endedMs ?? this.#ports.nowMs()) - acceptedMs);
  }

  /** Until when its prospect starts no other call, if that is how it ended. */
  barredUntilMs(): number | null {
    return this.#known.barredUntil ?? null;
  }

  nameOf(participant: string): string {
    return plain(find(this.#known, participant)?.name);
  }

  /** Give the seat up: this person is not made ready for any more. */
  leave(): void {
    this.#quit();
    void this.#ports.relay.leave();
  }

  /** Let go of everything; what was still to be said is said first. */
  close(): void {
    this.#quit();
    void this.#farewell.then(() => this.#ports.relay.stop());
  }

  #quit(): void {
    this.#ports.curtain?.drop();
    for (const stop of this.#stops.splice(0)) stop();
    this.#ports.call.stop();
  }

  // -- what is heard

  #joined({ seq, roster }: Joined): void {
    this.#headSeq = seq;
    this.#known = applyRoster(this.#known, roster);
    this.#step({ type: "joined" });
  }

  #event(event: Opened): void {
    this.#seq = event.seq ?? this.#seq;
    this.#known = applyToSession(this.#known, event);
    const { kind } = event;
    if (kind === "session.accepted" && this.asked && event.mine) void this.#raise();
    if (kind === "session.accepted") this.#step({ type: "accepted", mine: this.#isOurs(event), atMs: event.at });
    else if (kind === "session.ended") this.#step({ type: "ended", reason: event.body.reason, atMs: event.at });
    else if (kind === "participant.left" && event.body.participant === this.#me()) this.#step({ type: "released" });
    else this.#show();
    if (kind === "participant.joined" && event.body.after) this.state.patch({ handed: true });
    if (kind === "recording.changed") this.#record({ wanted: event.body.on && event.role === "advisor" });
    else if (kind === "consent.changed" && event.mine) this.#agreed(event.body);
    if (event.participant === this.#prospect()?.participant) this.#prospectSays(event);
  }

  #agreed(entry: Entry): void {
    this.#consents.heard(entry);
    if (entry.purpose === "recording") this.#record({ mine: entry.given });
  }

  #record(change: Partial<TalkState["recording"]>): void {
    this.state.patch({ recording: { ...this.state.get().recording, ...change } });
  }

  #prospectSays(event: Opened): void {
    if (event.kind === "quality.report") this.#theirs = event.body;
    else if (event.kind === "consent.changed") {
      const { purpose, given } = event.body;
      const special = specials.find((one) => one === purpose);
      if (special) this.state.patch({ special: { ...this.state.get().special, [special]: given } });
      else if (purpose === "recording") this.#record({ theirs: given });
    }
    else if (event.kind === "call.devices") {
      this.#theirScreen = event.body.screen === true;
      this.#devicesChanged();
    }
  }

  #devicesChanged(): void {
    const { camera, microphone } = this.#ports.call.remoteDevices;
    this.state.patch({ remoteDevices: { camera, microphone, screen: this.#theirScreen } });
  }

  /** What cannot be read must not hold up what comes after it. */
  #skipped(seq: number | null): void {
    this.#seq = seq ?? this.#seq;
    this.#show();
  }

  #isOurs({ mine }: Opened): boolean {
    return mine && (this.asked || !this.#ports.prepare);
  }

  #reset(): void {
    this.#known = NEW_SESSION;
    this.#seq = 0;
    this.state.patch({ recording: { wanted: false } });
  }

  #measured(): void {
    const now = worse(this.#theirs, this.#ports.call.quality);
    this.state.patch({ report: steady(this.state.get().report, this.#lastMeasured, now) });
    this.#lastMeasured = now;
  }

  #mediaChanged(): void {
    const { state } = this.#ports.call;
    if (state === "live") this.#identify();
    this.state.patch({ media: medias[state], elsewhere: this.#ports.call.elsewhere });
  }

  #partyChanged(): void {
    const { party, views } = this.#party;
    this.state.patch({ party: { party, views } });
  }

  /** Once there is somebody to agree with. */
  #identify(): void {
    if (this.#identified) return;
    this.#identified = true;
    const { relay, call } = this.#ports;
    this.#stops.push(identify(relay, call, this.session, (identity) => this.state.patch({ identity })));
  }

  // -- what is shown

  #step(happened: Step): void {
    this.#flow = step(this.#flow, happened);
    this.#show();
  }

  #show(): void {
    if (this.#seq < this.#headSeq || this.#curtained) return;
    const prospect = this.#prospect();
    this.state.patch({
      flow: this.#flow,
      name: plain(prospect?.name),
      pair: this.#known.people.filter(({ role, stage, left }) => role !== "guest" && stage === "seated" && left === null),
      present: prospect?.present ?? true,
    });
  }

  async #raise(): Promise<void> {
    const { call, curtain: given } = this.#ports;
    const curtain = given?.raise();
    if (curtain === undefined) return;
    this.#curtained = true;
    const off = call.on("devices", () => !call.remoteDevices.camera && curtain.end());
    await curtain.over;
    off();
    this.#curtained = false;
    this.#show();
  }

  #me(): string | null {
    return this.#ports.relay.admission?.participant ?? null;
  }

  #prospect(): Person | undefined {
    return this.#known.people.find((person) => person.role === "prospect");
  }
}

const medias: Record<CallState, Situation["media"]> = {
  preparing: "connecting",
  ready: "connecting",
  live: "connected",
  reconnecting: "interrupted",
  failed: "impossible",
};

function codeOf(error: unknown): string {
  return error instanceof RelayRefused ? error.code : "unknown";
}
