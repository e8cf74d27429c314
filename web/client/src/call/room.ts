/** The prospect's call on this page: brings relay, devices and call together into one view, and
    does what the screens ask for. Draws nothing; what an event means is known in flow and chat. */
import type { Checkup } from "../checkup/checkup";
import { Conversation } from "../chat/conversation";
import { Files } from "../files/files";
import { Call, type CallState } from "../media/call";
import { Devices } from "../media/devices";
import type { Source } from "../media/devices";
import type { Opened } from "../sessions/opened";
import type { RosterRow } from "../sessions/session";
import { identify } from "../identity/gate";
import { PartyGate } from "../party/gate";
import { drop, raise, type Curtain } from "../stage/curtain";
import { playersOf } from "../stage/players";
import { toSession } from "../signaling/admission";
import { Relay, type Joined } from "../signaling/relay";
import { BoardGate } from "../whiteboard/gate";
import { keepAwake } from "./awake";
import { ConsentLedger } from "./ledger";
import { devicesView } from "./equipment";
import { advisorOf, BEGINNING, phaseOf, seeRoster, step, type Flow, type Phase, type Question } from "./flow";
import { Tab } from "./tab";
import { keep, keepSeen, keepSeenFiles, kept, keptBlur, keptSeen, keptSeenFiles, type Kept } from "./memory";
import type { CallActions, CallView, DeviceName, Purpose, Trouble, Word } from "./view";

/** The past is told within this, or the screens begin without it. */
const ARRIVAL_MS = 1_500;
/** Until then the page has what it needs to be used; the rest comes after. */
const SETTLED_MS = 1_500;
/** Whoever wants to go is not held up by a lost connection. */
const FAREWELL_MS = 3_000;

/** The session in which one goes on, with what stays on: null where nothing was decided yet. */
export interface Onward {
  session: string;
  token: string;
  devices: Devices;
  on: Kept | null;
}

export interface RoomOptions {
  session: string;
  /** Proves the seat where there is no cookie. */
  token?: string;
  company: string;
  language: string;
  /** A scanner looks at files. */
  scanned: boolean;
  /** There is a far end to try the connection with. */
  checkup: boolean;
  /** Where a new call begins: the page of the agency that this one was with, or of the house. */
  home: string;
  /** Of the session before: camera and microphone stay on. */
  devices?: Devices;
  /** Where this person goes on. */
  next(onward: Onward): void;
}

export class Room implements CallActions {
  view: CallView;
  readonly #relay: Relay;
  readonly #devices: Devices;
  readonly #call: Call;
  readonly #talk: Conversation;
  readonly files: Files;
  readonly #board: BoardGate;
  readonly #party: PartyGate;
  readonly #tab = new Tab();
  #consents = this.#ledger();
  readonly #watchers = new Set<() => void>();
  #flow: Flow = BEGINNING;
  #head: number | null = null;
  /** Told at join; holds once the past that names these people is told. */
  #roster: readonly RosterRow[] = [];
  #lastMessage = 0;
  #asked = false;
  #noting = false;
  #asking = false;
  #checkup: Checkup | null = null;
  #awake: (() => void) | null = null;
  #forget = () => {};
  /** The first picture comes before the screen that is made for it. */
  #curtain: Curtain | null = null;
  readonly options: RoomOptions;
  /** On the way to the next session: what this one still brings is not shown. */
  #going = false;

  constructor(options: RoomOptions) {
    const { session, token, company, language, scanned } = options;
    this.options = options;
    this.#devices = options.devices ?? new Devices(keptBlur());
    const proof = token === undefined ? {} : { token };
    this.#relay = new Relay({ admit: toSession(session, proof) });
    this.files = new Files({ relay: this.#relay, session, proof, scanned });
    this.#call = new Call({ relay: this.#relay, devices: this.#devices });
    this.#talk = new Conversation(this.#relay);
    this.#board = new BoardGate(this.#relay, () => this.#refresh());
    this.#party = new PartyGate({ relay: this.#relay, devices: this.#devices, call: this.#call, changed: () => this.#refresh() });
    // Who comes from the form has no past to be told.
    const arriving = token === undefined;
    this.view = { company, language, identity: null, handed: null, stoppedMs: 0, ...this.#facts(), arriving, ending: false };
  }

  readonly watch = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  };

  start(): void {
    this.#relay.on("event", ({ kind }) => kind === "session.accepted" && void this.#raise());
    this.#call.start(); // hears of the accept before everybody who then draws
    this.#party.start();
    this.#talk.start();
    this.files.start();
    this.#board.start();
    this.#relay.on("joined", (joined) => this.#joined(joined));
    this.#relay.on("event", (event) => this.#heard(event));
    this.#relay.on("reset", () => {
      this.#flow = BEGINNING;
      this.#consents = this.#ledger();
      this.#refresh({ arriving: true });
    });
    this.#relay.on("status", () => this.#refresh());
    this.#talk.on("change", () => this.#refresh());
    this.files.on("change", () => keepSeenFiles(this.files.seen));
    this.#devices.on("change", () => this.#refresh());
    this.#devices.on("track", () => this.#refresh());
    this.#call.on("state", () => {
      if (this.#call.elsewhere && !this.view.elsewhere) this.#letGo();
      else if (!this.#call.elsewhere && this.view.elsewhere) this.#tab.take();
      this.#refresh();
    });
    this.#call.on("quality", () => this.#refresh());
    this.#call.on("stopped", () => this.#refresh({ stoppedMs: Date.now() }));
    this.#call.on("devices", () => !this.#call.remoteDevices.camera && this.#curtain?.end());
    playersOf(this.#call.remote);
    void this.#connect();
    void this.#devices.refresh();
    void this.#tryOut().catch(() => undefined); // a call without is a call all the same
  }

  async #connect(): Promise<void> {
    this.#call.resumed = await this.#tab.begin();
    this.#relay.start();
  }

  // -- what the screens ask for

  allow = ({ camera, microphone }: { camera: boolean; microphone: boolean }): void => {
    this.#asked = true;
    keep({ camera, microphone });
    // Whoever goes on without is not told any longer what is missing.
    if (!camera) void this.#devices.setCamera(false);
    if (!microphone) void this.#devices.setMicrophone(false);
    if (camera || microphone) void this.#ask({ camera, microphone });
  };

  toggleCamera = (): void => this.#toggle("camera");
  toggleMicrophone = (): void => this.#toggle("microphone");

  /** OB-44: first nothing leaves the device any more, then the log hears of it. */
  withdraw = (purpose: Purpose): void => {
    const on = { camera: this.#devices.cameraOn, microphone: this.#devices.microphoneOn, [purpose]: false };
    keep(on);
    void (purpose === "screen" ? this.#devices.stopScreen() : this.#devices.release([purpose]));
    void this.#consents.change(purpose, false).catch(() => undefined); // over: then nothing flows anyway
  };

  decide = (purpose: Question, given: boolean) => this.#consents.change(purpose, given).catch(() => undefined);
  readonly ends = () => ({ relay: this.#relay, devices: this.#devices });

  /** OB-46: the browser asks in the press itself, as it must; nothing is shown before the log has the consent. */
  toggleScreen = (): void => {
    if (this.#devices.screen !== null) return void this.#devices.stopScreen();
    void this.#devices.shareScreen(this.#flow.consents.screen ? undefined : this.#consents.change("screen", true));
  };

  stopScreen = (): void => this.#call.stopScreen();
  choose = (device: DeviceName, id: string): void => void this.#devices.use(device, id);
  level = (): number => this.#devices.level();
  testSpeaker = (): void => void this.#devices.testTone();
  say = (text: string): void => this.#talk.say(text);
  typing = (on: boolean): void => this.#talk.type(on);
  seen = (): void => {
    this.#talk.see();
    keepSeen(this.#lastMessage);
  };

  retry = (id: string): void => this.#talk.retry(id);
  leave = (): void => void this.#go("abandoned");
  end = (): void => void this.#go("hung_up");
  requeue = (): void => void this.#goOn();
  again = (): void => location.assign(this.options.home);
  takeOver = (): void => {
    this.#call.takeOver();
    this.#resume();
  };

  async #tryOut(): Promise<void> {
    await new Promise((later) => setTimeout(later, SETTLED_MS));
    const { Before, Checkup } = await import("../checkup/lazy");
    const waits = () => !this.view.arriving && !this.#call.elsewhere && phaseOf(this.#flow) === "waiting";
    if (phaseOf(this.#flow) !== "waiting") return;
    this.#refresh({ Before });
    const { session, token, checkup: offered } = this.options;
    const proof = token === undefined ? {} : { token };
    const changed = () => this.#refresh();
    this.#checkup = new Checkup({ session, proof, relay: this.#relay, devices: this.#devices, offered, waits, changed });
  }

  // -- devices

  #toggle(source: Source): void {
    const on = !(source === "camera" ? this.#devices.cameraOn : this.#devices.microphoneOn);
    const now = { camera: this.#devices.cameraOn, microphone: this.#devices.microphoneOn, [source]: on };
    this.#asked = true;
    keep(now);
    if (on) void this.#ask({ camera: source === "camera", microphone: source === "microphone" });
    else void (source === "camera" ? this.#devices.setCamera(false) : this.#devices.setMicrophone(false));
  }

  /** OB-46: the consent is in the log before the browser is asked for the device. */
  async #ask(want: Record<Source, boolean>): Promise<void> {
    const sources = (["camera", "microphone"] as const).filter((source) => want[source]);
    this.#noting = true;
    this.#refresh();
    try {
      for (const purpose of sources.filter((source) => !this.#flow.consents[source])) {
        await this.#consents.change(purpose, true);
      }
      this.#noting = false;
      this.#asking = sources.some((source) => this.#devices[source] === null);
      this.#refresh();
      await this.#devices.ask(want);
      this.#board.prefetch();
      // It may have been there all along, and mute.
      if (want.microphone && this.#devices.microphone !== null) await this.#devices.setMicrophone(true);
    } catch {
      // The log would not take the consent: the call is over, and so is the question.
    } finally {
      this.#noting = false;
      this.#asking = false;
      this.#refresh();
    }
  }

  #ledger(): ConsentLedger {
    return new ConsentLedger((entry) => this.#relay.send("consent.changed", entry));
  }

  /** Another page has the call: no camera stays on here. */
  #letGo(): void {
    this.#tab.yield();
    this.#asked = false;
    void this.#devices.stopScreen();
    void this.#devices.release();
  }

  /** After a reload: what was on in this tab and agreed to comes back without a click. */
  #resume(): void {
    const before = kept();
    if (this.#asked || this.#call.elsewhere || before === null || phaseOf(this.#flow) === "over") return;
    this.#asked = true;
    const { consents } = this.#flow;
    const want = { camera: before.camera && consents.camera, microphone: before.microphone && consents.microphone };
    if (want.camera || want.microphone) void this.#ask(want);
  }

  // -- what happens

  #joined({ seq, roster }: Joined): void {
    this.#head = seq;
    this.#roster = roster;
    if (!this.#call.elsewhere) this.#tab.take();
    setTimeout(() => this.#arrived(), ARRIVAL_MS);
    this.#refresh();
  }

  #heard(event: Opened): void {
    const before = phaseOf(this.#flow);
    if (event.kind === "session.ended" && event.body.onward && !this.#call.elsewhere) void this.#goOn();
    if (event.kind === "participant.joined" && event.body.after) void this.#explain(event.body.after);
    this.#flow = step(this.#flow, event);
    if (event.kind === "consent.changed" && event.mine) this.#consents.heard(event.body);
    const after = phaseOf(this.#flow);
    if (after !== before) this.#entered(after);
    if (event.kind === "chat.message" && !event.mine) this.#lastMessage = event.seq ?? 0;
    if (event.seq !== null && this.#head !== null && event.seq >= this.#head) this.#arrived();
    this.#refresh();
  }

  async #raise(): Promise<void> {
    if (this.view.arriving || this.#call.elsewhere || phaseOf(this.#flow) !== "waiting") return;
    this.#curtain = raise(this.#call.remote);
    await this.#curtain.over;
    this.#curtain = null;
    this.#refresh();
  }

  #arrived(): void {
    if (this.#going) return;
    this.#flow = seeRoster(this.#flow, this.#roster);
    this.#roster = [];
    if (keptSeen() >= this.#lastMessage) this.#talk.see();
    this.files.seenUpTo(keptSeenFiles());
    this.#resume();
    this.#refresh({ arriving: false });
  }

  #entered(phase: Phase): void {
    this.#checkup?.stop();
    if (phase === "talk") {
      this.#awake = keepAwake();
      this.#forget = identify(this.#relay, this.#call, this.options.session, (identity) => this.#refresh({ identity }));
      this.#board.prefetch();
      // Someone who looks elsewhere hears that it begins.
      if (document.visibilityState === "hidden") void this.#devices.testTone();
      return;
    }
    this.#awake?.();
    this.#forget();
    this.#curtain?.end();
    drop(this.#call.remote);
    this.#board.stop();
    this.#party.stop();
    if (this.#going) void this.#devices.stopScreen();
    else this.#devices.close();
    this.#call.stop();
    void this.#relay.leave();
  }

  async #explain(after: object): Promise<void> {
    const { handed } = await import("./handed");
    this.#refresh({ handed: handed(after) });
  }

  async #goOn(): Promise<void> {
    if (this.#going) return;
    this.#going = true;
    this.#refresh({ arriving: true });
    const { cameraOn: camera, microphoneOn: microphone } = this.#devices;
    const begun = await import("./onward").then(({ onward }) => onward(this.options)).catch(() => null);
    this.#going = begun !== null;
    if (begun === null && phaseOf(this.#flow) === "over") this.#devices.close();
    if (begun === null) return this.#refresh({ arriving: false });
    if (phaseOf(this.#flow) !== "over") this.#entered("over");
    this.options.next({ ...begun, devices: this.#devices.handOn(), on: this.#asked ? { camera, microphone } : null });
  }

  async #go(reason: "abandoned" | "hung_up"): Promise<void> {
    this.#refresh({ ending: true });
    const said = this.#relay.send("session.ended", { reason }).catch(() => null);
    await Promise.race([said, new Promise((late) => setTimeout(late, FAREWELL_MS))]);
    if (phaseOf(this.#flow) === "over") return;
    const { session } = this.#flow;
    this.#flow = {
      ...this.#flow,
      endedByMe: true,
      session: { ...session, state: "ended", endedAt: Date.now(), endReason: reason },
    };
    this.#entered("over");
    this.#refresh();
  }

  // -- what is shown

  #refresh(more: Partial<CallView> = {}): void {
    this.view = { ...this.view, ...this.#facts(), ...more };
    if (this.#curtain !== null) return;
    for (const changed of this.#watchers) changed();
  }

  #facts() {
    return {
      me: this.#relay.admission?.me.name ?? "",
      flow: this.#flow,
      word: this.#word(),
      trouble: this.#trouble(),
      checkup: this.#checkup,
      remote: this.#call.remote,
      devices: devicesView(this.#devices, { asked: this.#asked, noting: this.#noting, asking: this.#asking }),
      // Picture and sound need no seat: they last as long as their own connection does.
      elsewhere: this.#call.elsewhere,
      gone: this.#relay.status === "refused" && !(phaseOf(this.#flow) === "talk" && this.#call.state === "live"),
      board: this.#board,
      party: this.#party,
      boardLed: this.#board.state,
      chat: this.#talk.state,
    };
  }

  #word(): Word | null {
    if (this.#relay.status === "reconnecting" || this.#call.state === "failed") return "poor";
    const measured = this.#call.quality?.word ?? "none";
    const tried = this.#checkup?.word ?? null;
    return measured === "none" || (tried && phaseOf(this.#flow) === "waiting") ? tried : measured;
  }

  #trouble(): Trouble | null {
    const talk = phaseOf(this.#flow) === "talk";
    const media = talk ? mediaTrouble(this.#call.state) : null;
    if (this.#relay.status === "refused") return { what: "gone", sinceMs: this.#relay.statusSince };
    if (this.#relay.status === "reconnecting") return { what: "link", sinceMs: this.#relay.statusSince };
    // Whom one sees and hears is not away, whatever else of theirs is lost.
    if (media && advisorOf(this.#flow)?.present === false) return this.#since("away");
    if (media) return { what: media, sinceMs: this.#call.stateSince };
    if (talk && this.#call.quality?.word === "poor") return this.#since("weak");
    return null;
  }

  /** The time of its beginning stays while it lasts. */
  #since(what: Trouble["what"]): Trouble {
    const before = this.view?.trouble;
    return before?.what === what ? before : { what, sinceMs: Date.now() };
  }
}

function mediaTrouble(state: CallState): "media" | "nomedia" | null {
  return state === "live" ? null : state === "failed" ? "nomedia" : "media";
}
