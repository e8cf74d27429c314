/**
 * An advisor's working time in this tab: who is made ready for, what rings, which talk is on, and
 * what is said when it is over. It draws nothing, and one talk's inner life is `talk.ts`.
 */
import { askPermission, Notifier, permission, type Permission, type Words } from "./attention";
import { Cell } from "./cell";
import { isLost, toPrepare, type Wish } from "./desk";
import { DeskLink } from "./deskLink";
import { type Given, Handovers } from "./handover";
import type { Http } from "./http";
import type { ShiftDevices } from "./readiness";
import { Ring, type Sound } from "./ring";
import type { Talk } from "./talk";
import type { Relay } from "../signaling/relay";

export type Notice = "taken" | "gone" | "refused" | "over" | "wish" | "offered";

export interface Summary {
  readonly session: string;
  readonly durationMs: number;
  /** We were gone, and the prospect went to somebody else. */
  readonly lost: boolean;
  /** We let the prospect go on: where to, and what they are called. */
  readonly handed: Given | null;
  /** We barred the prospect, until then. */
  readonly barredUntilMs: number | null;
}

export interface ShiftState {
  /** On stage; null at the desk. */
  readonly talk: Talk | null;
  /** The session whose accept is on its way, once that takes longer than a moment. */
  readonly accepting: string | null;
  readonly notice: Notice | null;
  readonly summary: Summary | null;
  readonly sound: Sound;
  readonly permission: Permission;
}

export interface ShiftPorts {
  readonly http: Http;
  /** Of the desk channel. */
  readonly deskRelay: Pick<Relay, "on" | "start" | "stop">;
  readonly devices: ShiftDevices;
  readonly openTalk: (session: string, how: { readonly prepare: boolean }) => Talk;
  readonly notifyWords: Words;
  /** The address of this page follows the talk, so that a reload comes back into it. */
  readonly goTo: (session: string | null) => void;
}

const noticeMs = 10_000;
/** An accept mostly needs less. Until then nothing is drawn: that would hold up the picture. */
const momentMs = 300;

export class Shift {
  readonly state: Cell<ShiftState>;
  readonly link: DeskLink;
  readonly devices: ShiftDevices;
  readonly handovers: Handovers;
  readonly http: Http;
  readonly #ports: ShiftPorts;
  readonly #ring: Ring;
  readonly #notifier = new Notifier();
  /** Made ready, or on stage: at most one at a time. */
  #talk: Talk | null = null;
  /** Over for this page, whatever the desk still says: not made ready for again while they wait. */
  readonly #refused = new Set<string>();
  #noticeTimer: ReturnType<typeof setTimeout> | null = null;
  /** The session whose accept is on its way. */
  #accepting: string | null = null;
  #momentTimer: ReturnType<typeof setTimeout> | null = null;
  #leads = false;
  #stop: (() => void)[] = [];

  constructor(ports: ShiftPorts) {
    this.#ports = ports;
    this.devices = ports.devices;
    this.http = ports.http;
    this.handovers = new Handovers(ports.http);
    this.#ring = new Ring(() => this.#heard());
    this.state = new Cell<ShiftState>({
      talk: null,
      accepting: null,
      notice: null,
      summary: null,
      sound: this.#ring.sound,
      permission: permission(),
    });
    this.link = new DeskLink({
      http: ports.http,
      relay: ports.deskRelay,
      onArrivals: () => this.#arrived(),
    });
  }

  /** Begin; with the session of the address, come back into that talk. */
  start(session: string | null): void {
    const wake = () => void this.#ring.wake();
    document.addEventListener("pointerdown", wake);
    document.addEventListener("keydown", wake);
    this.#stop = [
      () => document.removeEventListener("pointerdown", wake),
      () => document.removeEventListener("keydown", wake),
      this.link.state.watch(() => this.#look()),
    ];
    if (session !== null) this.comeBack(session);
    this.#lead();
    this.link.start();
    void this.devices.resume();
  }

  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
    this.link.stop();
    this.#ring.close();
    this.#notifier.close();
    this.#answered();
    this.#talk?.close();
    this.devices.stop();
  }

  async wish(wish: Wish): Promise<void> {
    if (!(await this.link.wish(wish))) this.#say("wish");
  }

  /** Take this person. What was prepared for them is used; for anybody else it is set up now. */
  async accept(session: string): Promise<void> {
    if (this.#occupied()) return;
    this.#accepting = session;
    const chosen = this.#talk?.session === session ? this.#talk : this.#open(session, { prepare: false });
    this.#momentTimer = setTimeout(() => this.state.patch({ accepting: session, notice: null, summary: null }), momentMs);
    chosen.accept();
    this.#quieten();
    if (!this.devices.decided) await this.devices.prepare();
  }

  /** Back into a talk of mine: after a reload, or from the list of what runs. */
  comeBack(session: string): void {
    this.#answered();
    this.#accepting = session;
    this.state.patch({ accepting: session });
    this.#open(session, { prepare: false });
  }

  /** One press, no question: the button stands apart and is red. */
  end(): void {
    this.#talk?.end();
  }

  skewMs(): number {
    return this.link.state.get().desk?.skewMs ?? 0;
  }

  async trySound(): Promise<void> {
    await this.#ring.sample();
    this.#heard();
  }

  async askPermission(): Promise<void> {
    this.state.patch({ permission: await askPermission() });
  }

  dismissNotice(): void {
    this.state.patch({ notice: null });
  }

  dismissSummary(): void {
    this.state.patch({ summary: null });
  }

  /** Of several tabs of one advisor, one rings and makes ready: the others would only be in its way. */
  #lead(): void {
    if (!("locks" in navigator)) {
      this.#leads = true;
      return;
    }
    const stopped = new Promise<void>((resolve) => this.#stop.push(resolve));
    void navigator.locks.request("visavis-console", () => {
      this.#leads = true;
      this.#look();
      return stopped;
    });
  }

  // -- who waits

  #look(): void {
    const { desk } = this.link.state.get();
    if (desk === null) return;
    const waiting = new Set(desk.waiting.map((one) => one.session));
    for (const session of this.#refused) if (!waiting.has(session)) this.#refused.delete(session);
    if (desk.waiting.length === 0 || desk.wish !== "free" || this.#occupied()) this.#quieten();
    if (this.#talk?.asked === true && isLost(desk, this.#talk.session)) this.#lose(this.#talk);
    if (this.#occupied()) return;
    const current = this.#talk?.session ?? null;
    const next = this.#leads ? toPrepare(desk, current, this.#refused) : null;
    if (next === null) this.devices.rest();
    if (next === current) return;
    this.#drop();
    if (next !== null) {
      this.#open(next, { prepare: true });
      void this.devices.warm();
    }
  }

  #lose(talk: Talk): void {
    if (this.state.get().talk === null) talk.lost(this.link.hasEnded(talk.session));
  }

  #arrived(): void {
    const { desk } = this.link.state.get();
    if (!this.#leads || desk?.wish !== "free" || desk.inTalk || this.#occupied()) return;
    this.#ring.restart();
    this.#notifier.show(this.#ports.notifyWords);
  }

  #occupied(): boolean {
    return this.state.get().talk !== null || this.#accepting !== null;
  }

  #quieten(): void {
    this.#ring.stop();
    this.#notifier.close();
  }

  #heard(): void {
    this.state.patch({ sound: this.#ring.sound });
  }

  // -- one talk

  #open(session: string, how: { readonly prepare: boolean }): Talk {
    this.#drop();
    const talk = this.#ports.openTalk(session, how);
    this.#talk = talk;
    talk.state.watch(() => this.#follow(talk));
    talk.start();
    return talk;
  }

  /** Give up what was made ready; but not the seat of a talk that runs in another tab. */
  #drop(): void {
    const talk = this.#talk;
    this.#talk = null;
    const runs = this.link.state.get().desk?.mine.some((one) => one.session === talk?.session);
    if (runs === true) talk?.close();
    else talk?.leave();
  }

  #follow(talk: Talk): void {
    if (talk !== this.#talk) return;
    const { flow } = talk.state.get();
    if (flow.phase === "talking" && this.state.get().talk === null) this.#onStage(talk);
    if (flow.phase === "over") this.#over(talk);
  }

  #onStage(talk: Talk): void {
    this.#quieten();
    this.#answered();
    this.#ports.goTo(talk.session);
    this.state.patch({ talk, accepting: null, summary: null, notice: null });
    this.link.hint();
  }

  #over(talk: Talk): void {
    const { flow } = talk.state.get();
    const asked = this.#accepting === talk.session;
    const onStage = this.state.get().talk === talk;
    this.#answered();
    this.#talk = null;
    talk.close();
    this.devices.endSharing();
    this.#refused.add(talk.session);
    this.state.patch({ talk: null, accepting: null });
    const handed = this.handovers.given(talk.session);
    if (onStage) {
      const lost = handed === null && flow.reason === "lost";
      this.state.patch({ summary: { session: talk.session, durationMs: talk.durationMs(), lost, handed, barredUntilMs: talk.barredUntilMs() } });
    } else if (asked) {
      if (flow.reason === "desk.offered") this.#say("offered");
      else this.#say(flow.outcome === "ended" ? "over" : (flow.outcome ?? "refused"));
    }
    this.#ports.goTo(null);
    this.link.hint();
  }

  #answered(): void {
    this.#accepting = null;
    if (this.#momentTimer !== null) clearTimeout(this.#momentTimer);
  }

  #say(notice: Notice): void {
    if (this.#noticeTimer !== null) clearTimeout(this.#noticeTimer);
    this.state.patch({ notice });
    this.#noticeTimer = setTimeout(() => this.dismissNotice(), noticeMs);
  }
}
