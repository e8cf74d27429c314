/** The call of one session, on this page: who talks with whom, warm before anybody accepts, live
 * after. It knows roles and signs; remotes, peers, devices and relay do the rest. */
import type { Bodies, Report } from "../sessions/bodies";
import type { Role } from "../sessions/events";
import type { Opened, OpenedOf } from "../sessions/opened";
import { Listeners } from "../signaling/listeners";
import type { Relay } from "../signaling/relay";
import type { Devices, Source } from "./devices";
import type { Share } from "./fitting";
import type { Peer } from "./peer";
import { Remotes, type Remote } from "./remotes";
import { endsScreen, tellDevices } from "./said";

/** preparing: nobody is connected yet; ready: connected, and silent until someone accepts. */
export type CallState = "preparing" | "ready" | "live" | "reconnecting" | "failed";

interface CallEvents {
  [name: string]: unknown[];
  state: [state: CallState];
  /** `remoteDevices` changed. */
  devices: [];
  quality: [report: Report];
  /** The other side wanted our screen to be shown no longer. */
  stopped: [];
  /** A description or candidate of the other side was refused. */
  refused: [code: string];
}

const QUALITY_MS = 2_000;
/** Every way has been tried by then. */
const FAILED_MS = 10_000;
const RIVAL_MS = 2_000;
/** Credentials of the TURN servers last for ten minutes. */
const FRESH_MS = 480_000;
/** So long may an answer take when nothing comes from the other side. */
const LINK_MS = 700;
const MEDIA = { camera: "video", microphone: "audio" } as const;

export class Call {
  state: CallState = "preparing";
  stateSince = Date.now();
  /** For one video element, from the beginning on: the same stream for the whole call. */
  readonly remote = new MediaStream();
  quality: Report | null = null;
  readonly #relay: Relay;
  readonly #devices: Devices | null;
  readonly #listeners = new Listeners<CallEvents>();
  readonly #remotes: Remotes;
  #accepted: string | null = null;
  #over = false;
  /** Another page of this person has taken the call over. */
  elsewhere = false;
  /** This page had the call before it was reloaded: a connection beside ours is that page's own. */
  resumed = false;
  #head = 0;
  #greetedAt = 0;
  #connected = false;
  #waitingSince: number | null = null;
  /** The network was another one since we joined. */
  #moved = false;
  #share: Share | null = null;
  #offs: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor({ relay, devices }: { relay: Relay; devices: Devices | null }) {
    this.#relay = relay;
    this.#devices = devices;
    this.#remotes = new Remotes(relay, {
      polite: () => this.#relay.admission?.role === "prospect",
      opened: (remote) => this.#opened(remote),
      changed: () => this.#changed(),
      stalled: (peer) => void this.#refresh(peer),
      // Where the network is another, the relay is cut off as well, and would notice much later.
      quiet: () => this.#relay.check(LINK_MS),
      failed: () => this.#again(),
      refused: (code) => this.#listeners.tell("refused", code),
    });
  }

  /** What the other side says of its devices; on, until it says otherwise. */
  get remoteDevices(): Readonly<Record<Source, boolean>> {
    return this.#remotes.main?.devices ?? { camera: true, microphone: true };
  }

  /** Which two pages talk, and what their connection is made with; null while they do not. */
  get line() {
    const remote = this.#remotes.main;
    if (remote === undefined || this.state !== "live") return null;
    const { participant, instance: toward, peer } = remote;
    return { participant, instance: this.#remotes.instance, toward, fingerprints: peer.fingerprints };
  }

  on<Name extends keyof CallEvents & string>(name: Name, heard: (...facts: CallEvents[Name]) => void): () => void {
    return this.#listeners.on(name, heard);
  }

  /** Begin; before `relay.start()`, so that nothing is missed. */
  start(): void {
    const { signal, abort } = leaving();
    this.#offs = [
      this.#relay.on("event", (event) => this.#hear(event)),
      this.#relay.on("joined", ({ seq, elsewhere }) => this.#joined(seq, elsewhere)),
      this.#relay.on("reset", () => this.#forget()),
      abort,
    ];
    addEventListener("pagehide", () => this.stop(), { signal });
    addEventListener("online", () => (this.#moved = true), { signal });
    if (this.#devices !== null) {
      this.#offs.push(
        this.#devices.on("track", (source, track) => {
          for (const { peer } of this.#remotes) void peer.replace(MEDIA[source], track);
          this.#tellDevices();
        }),
      );
    }
    this.#timer = setInterval(() => void this.#measure(), QUALITY_MS);
    if (this.#relay.status === "open") this.#hello();
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off();
    clearInterval(this.#timer);
    this.#remotes.closeAll();
  }

  /** There are other connections beside this one: what it may take; null: everything. */
  bound(share: Share | null): void {
    this.#share = share;
    for (const { peer } of this.#remotes) peer.bound(share);
  }

  /** Their screen shall be shown no longer. */
  stopScreen(): void {
    const to = this.#remotes.main?.participant;
    if (to !== undefined) void this.#relay.send("screen.stop", { to }).catch(() => undefined);
  }

  // -- who with whom

  #hear(event: Opened): void {
    if (event.kind === "session.accepted") this.#accept(event);
    else if (event.kind === "session.ended") this.#end();
    else if (event.kind === "presence.changed" && event.body.present) this.#hope();
    else if (event.kind === "participant.left") this.#remotes.close(event.body.participant);
    else if (event.kind === "call.hello" && event.mine) this.#rival(event.body);
    else if (!event.mine && this.#concerns(event.participant, event.role)) this.#sign(event);
  }

  /** An advisor talks with the prospect; the prospect with whoever accepted, and until then with
   * everybody who prepares. */
  #concerns(participant: string, role: Role | undefined): boolean {
    if (this.#over || this.elsewhere) return false;
    if (this.#relay.admission?.role === "prospect") {
      return role === "advisor" && (this.#accepted ?? participant) === participant;
    }
    const mine = this.#relay.admission?.participant;
    return role === "prospect" && (this.#accepted ?? mine) === mine;
  }

  #sign(event: Opened): void {
    switch (event.kind) {
      case "call.hello":
        this.#greeted(event);
        break;
      case "call.description":
      case "call.candidate": {
        const { to, toward } = event.body;
        const { instance } = this.#remotes;
        if (to !== this.#relay.admission?.participant || (toward ?? instance) !== instance) return;
        this.#remotes.receive(event);
        break;
      }
      case "call.devices": {
        const remote = this.#remotes.get(event.participant);
        if (remote === undefined) return;
        Object.assign(remote.devices, { camera: event.body.camera, microphone: event.body.microphone });
        remote.peer.expecting = event.body.camera || event.body.microphone;
        this.#listeners.tell("devices");
        break;
      }
      case "screen.stop":
        if (endsScreen(event.body.to, this.#relay, this.#devices)) this.#listeners.tell("stopped");
    }
  }

  #greeted({ participant, body }: OpenedOf<"call.hello">): void {
    if (body.to !== undefined && body.to !== this.#relay.admission?.participant) return;
    this.#remotes.greeted(participant, body);
    if (this.#remotes.get(participant)?.instance !== body.instance) return;
    if (body.to === undefined) this.#hello(participant);
    if (this.#accepted !== null) this.#tellDevices();
  }

  async #refresh(peer: Peer): Promise<void> {
    const admission = await this.#relay.renew(FRESH_MS);
    if (admission !== null) peer.use(admission.iceServers);
  }

  /** The connection did not come about: both sides begin anew, under a new instance. */
  #again(): void {
    this.#remotes.renew(this.#relay.admission?.role === "prospect");
    this.#hello();
  }

  // -- which of several pages of one person: the one opened last, or the one that accepts

  #joined(head: number, elsewhere: boolean): void {
    this.#head = head;
    // A prospect is asked first.
    if (elsewhere && !this.resumed && this.#greetedAt === 0 && this.#relay.admission?.role === "prospect") this.#yield();
    const servers = this.#relay.admission?.iceServers ?? [];
    for (const { peer } of this.#remotes) {
      peer.use(servers);
      if (this.#greetedAt > 0) peer.moved(this.#moved || peer.quiet);
    }
    this.#moved = false;
    this.#hello();
  }

  /** Another page of this person speaks up. Where both do at once, one has to be the one. */
  #rival({ instance, over }: Bodies["call.hello"]): void {
    if (this.elsewhere || this.#over || instance === this.#remotes.instance) return;
    if (over !== true && Date.now() - this.#greetedAt < RIVAL_MS && instance < this.#remotes.instance) this.#hello();
    else this.#yield();
  }

  #yield(): void {
    this.elsewhere = true;
    this.#remotes.closeAll();
    this.#listeners.tell("state", this.state);
  }

  /** This person wants to talk on this page: every other one falls silent. */
  takeOver(): void {
    if (!this.elsewhere) return;
    this.elsewhere = false;
    this.#remotes.renew(false);
    this.#hello(undefined, true);
    this.#listeners.tell("state", this.state);
  }

  // -- what is said

  #hello(to?: string, over = false): void {
    if (this.#over || this.elsewhere) return;
    this.#greetedAt = Date.now();
    void this.#relay.send("call.hello", { ...this.#remotes.hello, ...(to === undefined ? {} : { to }), ...(over ? { over } : {}) });
    if (to === undefined && this.#accepted !== null) this.#tellDevices();
  }

  #tellDevices(): void {
    if (this.#accepted !== null && !this.#over && !this.elsewhere) tellDevices(this.#relay, this.#devices);
  }

  async #measure(): Promise<void> {
    this.#judge();
    const remote = this.#remotes.main;
    if (remote === undefined || this.#over) return;
    const numbers = await remote.peer.stats();
    if (numbers === null) return;
    const { report } = await import("./quality");
    const problem = this.#devices?.problem;
    this.quality = report(numbers, Boolean(problem?.camera ?? problem?.microphone));
    this.#listeners.tell("quality", this.quality);
    void this.#relay.send("quality.report", this.quality);
  }

  // -- where it stands

  #accept({ participant: by, mine, sender, seq }: Opened): void {
    if (this.#accepted !== null) return;
    this.#accepted = by;
    const news = (seq ?? 0) > this.#head;
    if (mine && sender === this.#relay.sender) this.takeOver();
    else if (mine && news) this.#yield();
    const prospect = this.#relay.admission?.role === "prospect";
    for (const remote of Array.from(this.#remotes)) {
      if (mine || (prospect && remote.participant === by)) this.#goLive(remote);
      else this.#remotes.close(remote.participant);
    }
    if (mine || prospect) this.#tellDevices();
    this.#changed();
  }

  #goLive(remote: Remote): void {
    remote.peer.bound(this.#share);
    remote.peer.expecting = remote.devices.camera || remote.devices.microphone;
    void remote.peer.goLive();
  }

  #end(): void {
    this.#over = true;
    this.#remotes.closeAll();
  }

  /** The log is told again from the start. */
  #forget(): void {
    this.#accepted = null;
    this.#over = false;
    this.#remotes.closeAll();
  }

  #opened(remote: Remote): void {
    for (const source of ["camera", "microphone"] as const) {
      void remote.peer.replace(MEDIA[source], this.#devices?.outgoing(source) ?? null);
    }
    if (this.#accepted !== null) this.#goLive(remote);
  }

  #changed(): void {
    this.#show();
    this.#judge();
  }

  /** The tracks of whom we talk with, already before anything comes: the element is then warm. */
  #show(): void {
    const tracks = this.#remotes.main?.tracks ?? [];
    for (const old of this.remote.getTracks()) if (!tracks.includes(old)) this.remote.removeTrack(old);
    for (const track of tracks) this.remote.addTrack(track);
  }

  #judge(): void {
    const through = this.#remotes.main?.peer.state === "connected";
    if (this.#accepted === null) this.#become(through ? "ready" : "preparing");
    else if (through) {
      this.#connected = true;
      this.#become("live");
    } else if (!this.#connected && this.state !== "failed") this.#become("preparing");
    else if (this.state !== "failed") this.#become("reconnecting");
    const waiting = this.state === "reconnecting" || (this.#accepted !== null && this.state === "preparing");
    this.#waitingSince = waiting ? (this.#waitingSince ?? Date.now()) : null;
    if (Date.now() - (this.#waitingSince ?? Infinity) > FAILED_MS) this.#become("failed");
  }

  /** Somebody is back: what could not be until now is given its time again. */
  #hope(): void {
    this.#waitingSince = null;
    if (this.state === "failed") this.#become(this.#connected ? "reconnecting" : "preparing");
  }

  #become(state: CallState): void {
    if (state === this.state) return;
    this.state = state;
    this.stateSince = Date.now();
    this.#listeners.tell("state", state);
  }
}

function leaving(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
