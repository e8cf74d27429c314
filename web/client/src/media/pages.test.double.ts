/** The pages of a talk for the tests: each with a real relay; its devices, the network and the browser's
 * media are played, and so is the time. */
import { vi } from "vitest";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { Call } from "./call";
import type { Devices, Source } from "./devices";
import { PlayedPeerConnection, PlayedStream, PlayedTrack } from "./played.test.double";

type Ear = (source: Source, track: PlayedTrack | null) => void;

/** What a page has to send; everything is on at first, and no screen is shown. */
export class PlayedDevices {
  readonly problem = { camera: null, microphone: null };
  screen: PlayedTrack | null = null;
  readonly #tracks = { camera: new PlayedTrack("video"), microphone: new PlayedTrack("audio") };
  readonly #on: Record<Source, boolean> = { camera: true, microphone: true };
  readonly #ears: Ear[] = [];

  get microphoneOn(): boolean {
    return this.#on.microphone;
  }

  outgoing(source: Source): PlayedTrack | null {
    const track = this.#on[source] ? this.#tracks[source] : null;
    return source === "camera" ? (this.screen ?? track) : track;
  }

  on(_name: string, ear: Ear): () => void {
    this.#ears.push(ear);
    return () => undefined;
  }

  switch(source: Source, on: boolean): void {
    this.#on[source] = on;
    this.#tell(source);
  }

  show(): void {
    this.screen = new PlayedTrack("video");
    this.#tell("camera");
  }

  async stopScreen(): Promise<void> {
    this.screen = null;
    this.#tell("camera");
  }

  /** The connections over which any of it is sent. */
  get peers(): PlayedPeerConnection[] {
    const mine = new Set<PlayedTrack | null>(Object.values(this.#tracks));
    return PlayedPeerConnection.all.filter((pc) => pc.attached.some((track) => mine.has(track)));
  }

  get real(): Devices {
    return this as unknown as Devices;
  }

  #tell(source: Source): void {
    for (const ear of this.#ears) ear(source, this.outgoing(source));
  }
}

/** One server, and whoever opens a page of its session. */
export class Pages<Page extends { close(): void }> {
  readonly time = new PlayedTime();
  readonly server: PlayServer;
  readonly all: Page[] = [];

  constructor(seed = 3) {
    PlayedPeerConnection.all = [];
    this.server = new PlayServer(this.time, seeded(seed));
  }

  relay(who: string): Relay {
    const admit = async () => this.server.admission(who);
    return new Relay({ admit, wire: () => this.server.open(), clock: this.time, random: seeded(1), store: null });
  }

  async until(done: () => boolean, rounds = 400): Promise<boolean> {
    for (let round = 0; round < rounds && !done(); round += 1) {
      await this.time.until(done, 100);
      vi.advanceTimersByTime(100);
      await this.time.rest();
    }
    return done();
  }

  pass(ms: number): Promise<boolean> {
    return this.until(() => false, ms / 100);
  }

  close(): void {
    for (const page of this.all) page.close();
    this.time.close();
  }
}

/** A page with a call and nothing else. */
export interface CallPage {
  who: string;
  relay: Relay;
  call: Call;
  devices: PlayedDevices;
  close(): void;
}

export function callPage(pages: Pages<CallPage>, who: string, { resumed = false } = {}): CallPage {
  const [relay, devices] = [pages.relay(who), new PlayedDevices()];
  const call = new Call({ relay, devices: devices.real });
  const close = () => {
    call.stop();
    relay.stop();
  };
  const made: CallPage = { who, relay, call, devices, close };
  call.resumed = resumed;
  call.start();
  relay.start();
  pages.all.push(made);
  return made;
}

export function playBrowser(): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date", "performance"], now: 1_000_000 });
  vi.stubGlobal("RTCPeerConnection", PlayedPeerConnection);
  vi.stubGlobal("MediaStream", PlayedStream);
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => null });
}

export function endBrowser(): void {
  vi.unstubAllGlobals();
  vi.useRealTimers();
}

export const open = () => PlayedPeerConnection.all.filter((pc) => pc.connectionState === "connected");
