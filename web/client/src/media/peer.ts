/** One RTCPeerConnection to one other participant: perfect negotiation, warmed up without media,
 * repaired when packets stop. It does not know why someone is called, how signs travel, nor what was before it. */
import type { Bodies } from "../sessions/bodies";
import { Listeners } from "../signaling/listeners";
import type { Counters, Numbers } from "./quality";
import type { Fitting, Share } from "./fitting";
import { allowed, clean, MAX_CANDIDATES, SdpRefused, startAt, type Reach } from "./sdp";
import { received, Stall } from "./stall";

export type Medium = "audio" | "video";
export type PeerState = "connecting" | "connected" | "stalled" | "failed" | "closed";
type Sign = "call.description" | "call.candidate";

interface PeerEvents {
  [name: string]: unknown[];
  state: [state: PeerState];
  /** A track of the other side, silent and black until they send. */
  track: [track: MediaStreamTrack];
  /** Nothing came for a moment: perhaps nothing reaches this page at all. */
  quiet: [];
  /** Refused what came, with the code. */
  refused: [code: string];
}

export interface PeerOptions {
  /** Offers, and gives way when both sides offer. */
  readonly polite: boolean;
  readonly iceServers: RTCIceServer[];
  readonly icePolicy: RTCIceTransportPolicy;
  readonly to: string;
  readonly instance: string;
  /** The instance of the other side. */
  readonly toward: string;
  /** Which one between these two pages. */
  readonly connection: number;
  readonly certificates: RTCCertificate[] | undefined;
  /** Of the other end, where it is known already. */
  readonly fingerprint: string | null;
  /** Put another one in the place of this one, which is closed then; false where that cannot be. */
  renew(): boolean;
  send<K extends Sign>(kind: K, body: Bodies[K]): void;
}

const START_KBPS = 900;
/** The picture begins at half its width and height: encoded, drawn and seen some 45 ms sooner. */
const SMALL = 2;
const SMALL_MS = 300;
const TICK_MS = 300;
const FIT_MS = 1_000;
const STALL_MS = 1_000;
const QUIET_MS = 500;
/** Right after the network was another. */
const MOVED_STALL_MS = 350;
const MOVED_MS = 2_000;
/** Both sides notice; the polite one leaves the first try to the other. */
const POLITE_WAIT_MS = 1_000;
const RESTART_AGAIN_MS = 4_000;
const OFFER_AGAIN_MS = 3_000;
const GIVE_UP_MS = 15_000;

export class Peer {
  state: PeerState = "connecting";
  /** Whether packets should be coming, as far as one knows. */
  expecting = false;
  /** Whether nothing has come for a moment, though something should. */
  quiet = false;
  readonly #o: PeerOptions;
  readonly #pc: RTCPeerConnection;
  readonly #reach: Reach;
  readonly #listeners = new Listeners<PeerEvents>();
  readonly #tracks: Record<Medium, MediaStreamTrack | null> = { audio: null, video: null };
  readonly #stall = new Stall();
  readonly #timer: ReturnType<typeof setInterval>;
  #early: RTCIceCandidateInit[] = [];
  /** Taken since the last description. */
  readonly #candidates = new Set<string>();
  /** Said since the last restart. */
  #said: RTCIceCandidate[] = [];
  #turn: Promise<void> = Promise.resolve();
  #fingerprint: string | null;
  #live = false;
  #small = true;
  #fitting: Fitting | null = null;
  #share: Share | null = null;
  #fittedAt = -Infinity;
  /** When a picture first was there to be sent. */
  #seenAt = Infinity;
  #offering = false;
  #ignoring = false;
  #counters: Counters | null = null;
  #offeredAt = 0;
  #restartedAt = 0;
  #connectedAt = performance.now();
  #movedAt = -Infinity;
  #sure = false;

  constructor(options: PeerOptions) {
    this.#o = options;
    this.#fingerprint = options.fingerprint;
    this.#reach = { loopback: onLoopback(), relayOnly: options.icePolicy === "relay" };
    const { iceServers, icePolicy: iceTransportPolicy, certificates } = options;
    const configuration: RTCConfiguration = { iceServers, iceTransportPolicy, bundlePolicy: "max-bundle" };
    this.#pc = new RTCPeerConnection(certificates === undefined ? configuration : { ...configuration, certificates });
    this.#pc.addEventListener("negotiationneeded", () => void this.#offer());
    this.#pc.addEventListener("icecandidate", ({ candidate }) => this.#say(candidate));
    this.#pc.addEventListener("connectionstatechange", () => this.#connectionChanged());
    this.#pc.addEventListener("track", ({ track }) => this.#listeners.tell("track", track));
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
  }

  on<Name extends keyof PeerEvents & string>(name: Name, heard: (...facts: PeerEvents[Name]) => void): () => void {
    return this.#listeners.on(name, heard);
  }

  /** Connect, with room for sound and picture both ways and nothing in it; whoever does not, answers,
   * and takes over what is offered. */
  warm(): void {
    for (const medium of ["audio", "video"] as const) {
      prefer(this.#pc.addTransceiver(medium, { direction: "sendrecv" }));
    }
  }

  /** From now on what is to be sent is sent; never before. */
  async goLive(stream: MediaStream | null = null): Promise<void> {
    if (stream !== null) {
      this.#tracks.audio = stream.getAudioTracks()[0] ?? null;
      this.#tracks.video = stream.getVideoTracks()[0] ?? null;
    }
    this.#live = true;
    await this.#attach();
    this.#fitting ??= await import("./fitting").then(
      ({ Fitting }) => new Fitting(this.#pc),
      () => null, // the browser fits by itself, less well
    );
    this.bound(this.#share);
  }

  /** What this connection may take where it is not the only one. */
  bound(share: Share | null): void {
    this.#share = share;
    if (this.#fitting !== null) this.#fitting.share = share;
  }

  /** Send another track, or none. */
  async replace(medium: Medium, track: MediaStreamTrack | null): Promise<void> {
    this.#tracks[medium] = track;
    if (this.#live) await this.#attach();
  }

  /** A sign from the other side. What our own page would not say is dropped. */
  receive<K extends Sign>(kind: K, body: Bodies[K]): void {
    const before = this.#turn;
    const take = async () => {
      await before;
      if (this.state === "closed") return;
      if (kind === "call.description") await this.#described(body as Bodies["call.description"]);
      else await this.#candidate(body as Bodies["call.candidate"]);
    };
    this.#turn = take().catch((error: unknown) => this.#refuse(error));
  }

  /** The other side may have missed what was said: say it again, if it is still open. */
  nudge(): void {
    this.#offerAgain();
    for (const candidate of this.#said) this.#tell(candidate);
  }

  /** New candidates on both sides, at most once until connected or some seconds are over. */
  restart(): void {
    const now = performance.now();
    if (this.state === "closed") return;
    const moved = now - this.#movedAt < MOVED_MS;
    if (moved && this.#o.renew()) return;
    if (now - this.#restartedAt < RESTART_AGAIN_MS) return;
    const waits = this.#o.polite && !moved;
    if (waits && now - this.#connectedAt < STALL_MS + POLITE_WAIT_MS) return;
    this.#restartedAt = now;
    this.#pc.restartIce();
  }

  /** This page was cut off, perhaps (`sure`: probably) because its network is another one: if nothing
   * arrives, it is for us to look for a way, and at once. */
  moved(sure: boolean): void {
    this.#movedAt = performance.now();
    this.#sure = sure;
    void this.#tick();
  }

  /** Servers with fresh credentials, for the next restart. */
  use(iceServers: RTCIceServer[]): void {
    if (this.state !== "closed") this.#pc.setConfiguration({ ...this.#pc.getConfiguration(), iceServers });
  }

  /** Of the certificates at both ends, as in SDP. */
  get fingerprints(): { readonly own: string; readonly other: string } {
    return { own: fingerprintOf(this.#pc.localDescription?.sdp), other: this.#fingerprint ?? "" };
  }

  /** Null while a page that is not all there yet cannot say it. */
  async stats(): Promise<Numbers | null> {
    void import("./fitting").catch(() => undefined); // so that it is there when the call goes live
    const quality = await import("./quality").catch(() => null);
    if (quality === null) return null;
    const { numbers, counters } = quality.measure(await this.#pc.getStats(), this.#counters);
    this.#counters = counters;
    const through = this.#pc.connectionState === "connected" && this.state === "connected";
    return through ? numbers : { ...numbers, path: "none" };
  }

  close(): void {
    if (this.state === "closed") return;
    clearInterval(this.#timer);
    this.#pc.close();
    this.#become("closed");
  }

  // -- negotiation

  async #offer(): Promise<void> {
    try {
      this.#offering = true;
      await this.#pc.setLocalDescription();
      this.#describe();
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#offering = false;
    }
  }

  #offerAgain(): void {
    if (this.#pc.signalingState === "have-local-offer") this.#describe();
  }

  #describe(): void {
    const description = this.#pc.localDescription;
    if (description === null || this.state === "closed") return;
    this.#offeredAt = performance.now();
    const { to, instance, toward, connection } = this.#o;
    const type = description.type as "offer" | "answer";
    this.#o.send("call.description", { to, instance, toward, connection, type, sdp: description.sdp });
  }

  async #described({ type, sdp }: Bodies["call.description"]): Promise<void> {
    const busy = this.#offering || this.#pc.signalingState !== "stable";
    this.#ignoring = type === "offer" && !this.#o.polite && busy;
    if (this.#ignoring || (type === "answer" && this.#pc.signalingState !== "have-local-offer")) return;
    const cleaned = clean(sdp, this.#reach);
    // The other end stays the other end: its certificate does not change within one connection.
    const fingerprint = fingerprintOf(cleaned);
    if ((this.#fingerprint ?? fingerprint) !== fingerprint) throw new SdpRefused("fingerprint");
    this.#fingerprint = fingerprint;
    await this.#pc.setRemoteDescription({ type, sdp: startAt(cleaned, START_KBPS) });
    this.#candidates.clear();
    const early = this.#early.splice(0);
    if (type === "offer") {
      this.#restartedAt = performance.now(); // theirs is ours too
      for (const transceiver of this.#pc.getTransceivers()) {
        if (transceiver.direction === "recvonly") transceiver.direction = "sendrecv";
        prefer(transceiver);
      }
      if (this.#live) await this.#attach();
      await this.#pc.setLocalDescription();
      this.#describe();
    }
    if (this.#small) await this.#resize();
    for (const candidate of early) await this.#add(candidate);
  }

  async #candidate({ candidate, mid, index }: Bodies["call.candidate"]): Promise<void> {
    if (candidate === "" || !allowed(candidate, this.#reach)) return;
    const init = { candidate, sdpMid: mid, sdpMLineIndex: index };
    if (this.#pc.remoteDescription === null) {
      const known = this.#early.some((one) => one.candidate === candidate);
      if (!known && this.#early.length < MAX_CANDIDATES) this.#early.push(init);
    } else await this.#add(init);
  }

  async #add(init: RTCIceCandidateInit): Promise<void> {
    const text = init.candidate ?? "";
    if (this.#candidates.has(text) || this.#candidates.size >= MAX_CANDIDATES) return;
    this.#candidates.add(text);
    try {
      await this.#pc.addIceCandidate(init);
    } catch (error) {
      if (!this.#ignoring) this.#refuse(error);
    }
  }

  #say(candidate: RTCIceCandidate | null): void {
    if (candidate === null || !allowed(candidate.candidate, { loopback: true })) return;
    // Another fragment is another round of ICE: what belongs to the one before is worthless.
    this.#said = this.#said.filter((one) => one.usernameFragment === candidate.usernameFragment);
    if (this.#said.length < MAX_CANDIDATES) this.#said.push(candidate);
    this.#tell(candidate);
  }

  #tell(candidate: RTCIceCandidate): void {
    const { to, instance, toward, connection } = this.#o;
    const { candidate: text, sdpMid: mid, sdpMLineIndex: index } = candidate;
    this.#o.send("call.candidate", { to, instance, toward, connection, candidate: text, mid, index });
  }

  #refuse(error: unknown): void {
    if (this.state === "closed") return;
    const code = error instanceof SdpRefused ? error.code : error instanceof Error ? error.name : "unknown";
    this.#listeners.tell("refused", code);
  }

  async #attach(): Promise<void> {
    await Promise.all(
      this.#pc.getTransceivers().map(async ({ sender, receiver }) => {
        const track = this.#tracks[receiver.track.kind as Medium];
        if (sender.track !== track) await sender.replaceTrack(track);
      }),
    );
    if (this.#tracks.video !== null) this.#seenAt = Math.min(this.#seenAt, performance.now());
  }

  /** Where it cannot be done, the picture has its full size from the start. */
  async #resize(): Promise<void> {
    for (const { sender, receiver } of this.#pc.getTransceivers()) {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      if (receiver.track.kind !== "video" || encoding === undefined) continue;
      encoding.scaleResolutionDownBy = this.#small ? SMALL : 1;
      await sender.setParameters(parameters).catch(() => undefined);
    }
  }

  // -- repair

  #connectionChanged(): void {
    const { connectionState } = this.#pc;
    if (connectionState === "connected") {
      this.#connectedAt = performance.now();
      this.#restartedAt = 0;
      this.#stall.rest();
      this.#become("connected");
    } else if (connectionState === "disconnected" || connectionState === "failed") {
      this.#become("stalled");
    }
  }

  async #tick(): Promise<void> {
    const now = performance.now();
    if (this.#small && now - this.#seenAt >= SMALL_MS) {
      this.#small = false;
      await this.#resize();
    }
    if (this.#pc.connectionState === "connected" && this.#live) await this.#watch(now);
    else this.#idle();
    if (this.state === "connected") this.#connectedAt = now;
    else if (now - this.#connectedAt > GIVE_UP_MS) this.#become("failed");
    else if (now - this.#offeredAt > OFFER_AGAIN_MS) this.#offerAgain();
    const lost = this.state === "connecting" && this.quiet && now - this.#movedAt < MOVED_MS;
    if (this.state === "stalled" || lost) this.restart();
  }

  async #watch(now: number): Promise<void> {
    const stats = await this.#pc.getStats();
    if (this.state === "closed" || this.#pc.connectionState !== "connected") return;
    const settled = !this.#small || this.#tracks.video === null;
    if (settled && now - this.#fittedAt >= FIT_MS) {
      this.#fittedAt = now;
      void this.#fitting?.sample(stats, now);
    }
    if (this.expecting) this.#expect(received(stats), now);
    else this.#idle();
  }

  #idle(): void {
    this.#stall.rest();
    this.quiet = this.#o.connection > 0 && this.state !== "connected"; // its like was connected already
  }

  #expect(packets: number, now: number): void {
    const limit = this.#sure && now - this.#movedAt < MOVED_MS ? MOVED_STALL_MS : STALL_MS;
    const silentMs = this.#stall.sample(packets, now);
    const wasQuiet = this.quiet;
    this.quiet = silentMs >= QUIET_MS;
    if (this.quiet && !wasQuiet) this.#listeners.tell("quiet");
    const stalled = silentMs >= limit;
    if (!stalled && this.state === "stalled") this.#restartedAt = 0;
    this.#become(stalled ? "stalled" : "connected");
  }

  #become(state: PeerState): void {
    if (state === this.state || this.state === "closed") return;
    this.state = state;
    this.#listeners.tell("state", state);
  }
}

function fingerprintOf(sdp = ""): string {
  return /^a=fingerprint:(.+)\r$/m.exec(sdp)?.[1]?.toLowerCase() ?? "";
}

/** VP8 first: every browser has it, and it starts fast. Sound that can repair itself first (fitting.ts). */
const FIRST = { audio: "audio/red", video: "video/vp8" } as const;

function prefer(transceiver: RTCRtpTransceiver): void {
  if (!("setCodecPreferences" in transceiver)) return;
  const medium = transceiver.receiver.track.kind as Medium;
  const codecs = RTCRtpReceiver.getCapabilities(medium)?.codecs ?? [];
  const first = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === FIRST[medium]);
  if (first.length > 0) transceiver.setCodecPreferences([...first, ...codecs.filter((codec) => !first.includes(codec))]);
}

function onLoopback(): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
}
