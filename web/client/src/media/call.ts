/** The call of one session, on this page: who is to be connected with whom, warm before anybody
 * accepts, live after. It knows signs and roles; peers, devices and relay do the rest. */
import type { Report } from "../sessions/bodies";
import { randomHex } from "../sessions/envelope";
import type { Role } from "../sessions/events";
import type { Opened, OpenedOf } from "../sessions/opened";
import { Listeners } from "../signaling/listeners";
import type { Relay } from "../signaling/relay";
import type { Devices, Source } from "./devices";
import { Peer } from "./peer";
import { report } from "./quality";

/** preparing: nobody is connected yet; ready: connected, and silent until someone accepts. */
export type CallState = "preparing" | "ready" | "live" | "reconnecting" | "failed";

interface CallEvents {
  [name: string]: unknown[];
  state: [state: CallState];
  /** `remoteDevices` changed. */
  devices: [];
  quality: [report: Report];
  /** A description or candidate of the other side was refused. */
  refused: [code: string];
}

interface Remote {
  readonly participant: string;
  readonly instance: string;
  readonly peer: Peer;
  readonly tracks: MediaStreamTrack[];
  readonly devices: Record<Source, boolean>;
}

const QUALITY_MS = 2_000;
const FAILED_MS = 30_000;
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
  readonly #remotes = new Map<string, Remote>();
  /** Pages that were left: nothing of theirs counts any more. */
  readonly #gone = new Set<string>();
  #instance = randomHex(16);
  #accepted: string | null = null;
  #over = false;
  #connected = false;
  #offs: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor({ relay, devices }: { relay: Relay; devices: Devices | null }) {
    this.#relay = relay;
    this.#devices = devices;
  }

  /** What the other side says of its devices; on, until it says otherwise. */
  get remoteDevices(): Readonly<Record<Source, boolean>> {
    return this.#main()?.devices ?? { camera: true, microphone: true };
  }

  on<Name extends keyof CallEvents & string>(name: Name, heard: (...facts: CallEvents[Name]) => void): () => void {
    return this.#listeners.on(name, heard);
  }

  /** Begin; before `relay.start()`, so that nothing is missed. */
  start(): void {
    const { signal, abort } = leaving();
    this.#offs = [
      this.#relay.on("event", (event) => this.#hear(event)),
      this.#relay.on("joined", () => this.#hello()),
      this.#relay.on("reset", () => this.#forget()),
      abort,
    ];
    addEventListener("pagehide", () => this.stop(), { signal });
    if (this.#devices !== null) {
      this.#offs.push(
        this.#devices.on("track", (source, track) => {
          for (const { peer } of this.#remotes.values()) void peer.replace(MEDIA[source], track);
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
    for (const participant of Array.from(this.#remotes.keys())) this.#close(participant);
  }

  // -- who with whom

  #hear(event: Opened): void {
    if (event.kind === "session.accepted") this.#accept(event.participant);
    else if (event.kind === "session.ended") this.#end();
    else if (event.kind === "participant.left") this.#close(event.body.participant);
    else if (!event.mine && this.#concerns(event.participant, event.role)) this.#sign(event);
  }

  /** An advisor talks with the prospect; the prospect with whoever accepted, and until then with
   * everybody who prepares. */
  #concerns(participant: string, role: Role | undefined): boolean {
    if (this.#over) return false;
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
        if (to !== this.#relay.admission?.participant || (toward ?? this.#instance) !== this.#instance) return;
        const remote = this.#remoteOf(event.participant, event.body.instance);
        if (event.kind === "call.description") remote?.peer.receive(event.kind, event.body);
        else remote?.peer.receive(event.kind, event.body);
        break;
      }
      case "call.devices": {
        const remote = this.#remotes.get(event.participant);
        if (remote === undefined) return;
        Object.assign(remote.devices, { camera: event.body.camera, microphone: event.body.microphone });
        remote.peer.expecting = event.body.camera || event.body.microphone;
        this.#listeners.tell("devices");
      }
    }
  }

  #greeted({ participant, body }: OpenedOf<"call.hello">): void {
    if (body.to !== undefined && body.to !== this.#relay.admission?.participant) return;
    const known = this.#remotes.get(participant)?.instance === body.instance;
    const remote = this.#remoteOf(participant, body.instance);
    if (remote === null) return;
    if (known) remote.peer.nudge();
    if (body.to === undefined) this.#hello(participant);
    if (this.#accepted !== null) this.#tellDevices();
  }

  /** The page of this participant with whom we talk: a new one takes the place of the old. */
  #remoteOf(participant: string, instance: string): Remote | null {
    const known = this.#remotes.get(participant);
    if (known?.instance === instance) return known;
    if (this.#gone.has(instance)) return null;
    if (known !== undefined) {
      this.#gone.add(known.instance);
      this.#close(participant);
    }
    return this.#connect(participant, instance);
  }

  #connect(participant: string, instance: string): Remote | null {
    const { admission } = this.#relay;
    if (admission === null) return null;
    const peer = new Peer({
      polite: admission.role === "prospect",
      iceServers: admission.iceServers,
      icePolicy: admission.icePolicy,
      to: participant,
      instance: this.#instance,
      toward: instance,
      send: (kind, body) => void this.#relay.send(kind, body),
    });
    const remote: Remote = { participant, instance, peer, tracks: [], devices: { camera: true, microphone: true } };
    this.#remotes.set(participant, remote);
    peer.on("track", (track) => {
      remote.tracks.push(track);
      this.#show();
    });
    peer.on("state", (state) => (state === "failed" ? this.#again() : this.#judge()));
    peer.on("refused", (code) => this.#listeners.tell("refused", code));
    for (const source of ["camera", "microphone"] as const) {
      void peer.replace(MEDIA[source], this.#devices?.outgoing(source) ?? null);
    }
    peer.warm();
    if (this.#accepted !== null) this.#goLive(remote);
    return remote;
  }

  #close(participant: string): void {
    const remote = this.#remotes.get(participant);
    if (remote === undefined) return;
    this.#remotes.delete(participant);
    remote.peer.close();
    this.#show();
    this.#judge();
  }

  /** The connection did not come about: both sides begin anew, under a new instance. */
  #again(): void {
    this.#instance = randomHex(16);
    for (const { participant, instance } of Array.from(this.#remotes.values())) {
      this.#close(participant);
      if (this.#relay.admission?.role === "prospect") this.#connect(participant, instance);
    }
    this.#hello();
  }

  // -- what is said

  #hello(to?: string): void {
    if (this.#over) return;
    void this.#relay.send("call.hello", { instance: this.#instance, ...(to === undefined ? {} : { to }) });
    if (to === undefined && this.#accepted !== null) this.#tellDevices();
  }

  #tellDevices(): void {
    if (this.#accepted === null || this.#over) return;
    const on = (source: Source) => (this.#devices?.outgoing(source) ?? null) !== null;
    const screen = (this.#devices?.screen ?? null) !== null;
    void this.#relay.send("call.devices", { camera: on("camera"), microphone: on("microphone"), screen });
  }

  async #measure(): Promise<void> {
    this.#judge();
    const remote = this.#main();
    if (remote === undefined || this.#over) return;
    const numbers = await remote.peer.stats();
    const problem = this.#devices?.problem;
    this.quality = report(numbers, Boolean(problem?.camera ?? problem?.microphone));
    this.#listeners.tell("quality", this.quality);
    void this.#relay.send("quality.report", this.quality);
  }

  // -- where it stands

  #accept(by: string): void {
    if (this.#accepted !== null) return;
    this.#accepted = by;
    const mine = by === this.#relay.admission?.participant;
    const prospect = this.#relay.admission?.role === "prospect";
    for (const remote of Array.from(this.#remotes.values())) {
      if (mine || (prospect && remote.participant === by)) this.#goLive(remote);
      else this.#close(remote.participant);
    }
    this.#show();
    if (mine || prospect) this.#tellDevices();
    this.#judge();
  }

  #goLive(remote: Remote): void {
    remote.peer.expecting = remote.devices.camera || remote.devices.microphone;
    void remote.peer.goLive();
  }

  #end(): void {
    this.#over = true;
    for (const participant of Array.from(this.#remotes.keys())) this.#close(participant);
  }

  /** The log is told again from the start. */
  #forget(): void {
    this.#accepted = null;
    this.#over = false;
    for (const participant of Array.from(this.#remotes.keys())) this.#close(participant);
  }

  #main(): Remote | undefined {
    return this.#remotes.values().next().value;
  }

  /** The tracks of whom we talk with, already before anything comes: the element is then warm. */
  #show(): void {
    const tracks = this.#main()?.tracks ?? [];
    for (const old of this.remote.getTracks()) if (!tracks.includes(old)) this.remote.removeTrack(old);
    for (const track of tracks) this.remote.addTrack(track);
  }

  #judge(): void {
    const through = this.#main()?.peer.state === "connected";
    if (this.#accepted === null) this.#become(through ? "ready" : "preparing");
    else if (through) {
      this.#connected = true;
      this.#become("live");
    } else if (!this.#connected && this.state !== "failed") this.#become("preparing");
    else if (this.state !== "failed") this.#become("reconnecting");
    const waiting = this.state === "reconnecting" || (this.#accepted !== null && this.state === "preparing");
    if (waiting && Date.now() - this.stateSince > FAILED_MS) this.#become("failed");
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
