/** The browser's media as far as we use it, played: tracks that know whether they run, and peer
 * connections that connect once both ends hold each other's description. */

let count = 0;
const next = (): number => (count += 1);

export class PlayedTrack extends EventTarget {
  readonly id = String(next());
  readonly kind: string;
  readonly deviceId: string;
  enabled = true;
  readyState = "live";

  constructor(kind: string, deviceId = "default") {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
  }

  stop(): void {
    this.readyState = "ended";
  }

  clone(): PlayedTrack {
    return new PlayedTrack(this.kind, this.deviceId);
  }

  getSettings(): { deviceId: string } {
    return { deviceId: this.deviceId };
  }
}

export class PlayedStream {
  #tracks: PlayedTrack[];

  constructor(tracks: PlayedTrack[] = []) {
    this.#tracks = tracks;
  }

  addTrack(track: PlayedTrack): void {
    if (!this.#tracks.includes(track)) this.#tracks.push(track);
  }

  removeTrack(track: PlayedTrack): void {
    this.#tracks = this.#tracks.filter((other) => other !== track);
  }

  getTracks(): PlayedTrack[] {
    return [...this.#tracks];
  }

  getAudioTracks(): PlayedTrack[] {
    return this.#tracks.filter((track) => track.kind === "audio");
  }

  getVideoTracks(): PlayedTrack[] {
    return this.#tracks.filter((track) => track.kind === "video");
  }
}

interface Description {
  type: "offer" | "answer";
  sdp: string;
}

interface Parameters {
  encodings: { scaleResolutionDownBy?: number; maxBitrate?: number }[];
  codecs: object[];
}

interface PlayedSender {
  track: PlayedTrack | null;
  replaceTrack: (track: PlayedTrack | null) => Promise<void>;
  getParameters: () => Parameters;
  setParameters: (parameters: Parameters) => Promise<void>;
}

class PlayedTransceiver {
  readonly receiver: { track: PlayedTrack };
  readonly sender: PlayedSender;
  direction: string;

  constructor(pc: PlayedPeerConnection, kind: string, direction: string) {
    this.receiver = { track: new PlayedTrack(kind) };
    this.direction = direction;
    let parameters: Parameters = { encodings: [{}], codecs: [] };
    const sender: PlayedSender = {
      track: null,
      replaceTrack: async (track) => {
        sender.track = track;
        if (track !== null) pc.attached.push(track);
      },
      getParameters: () => structuredClone(parameters),
      setParameters: async (given) => void (parameters = given),
    };
    this.sender = sender;
  }
}

const HASH = (id: number) => Array.from({ length: 32 }, () => (id % 256).toString(16).padStart(2, "0").toUpperCase()).join(":");

export class PlayedPeerConnection extends EventTarget {
  /** Every one that was made, oldest first. */
  static all: PlayedPeerConnection[] = [];
  readonly id = next();
  /** Every track that was ever to be sent. */
  readonly attached: PlayedTrack[] = [];
  /** Candidates that were added. */
  readonly taken: string[] = [];
  flow: "none" | "flowing" | "stopped" = "none";
  /** So long is the way there and back, where there are statistics at all. */
  rttMs = 20;
  signalingState = "stable";
  connectionState = "new";
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  #transceivers: PlayedTransceiver[] = [];
  #agreed = false;
  #restarts = 0;
  #packets = 0;
  readonly #certificate: number;

  static async generateCertificate(): Promise<number> {
    return next();
  }

  constructor({ certificates: [certificate] = [] }: { certificates?: number[] } = {}) {
    super();
    this.#certificate = certificate ?? this.id;
    PlayedPeerConnection.all.push(this);
  }

  addTransceiver(kind: string, { direction }: { direction: string }): PlayedTransceiver {
    const transceiver = new PlayedTransceiver(this, kind, direction);
    this.#transceivers.push(transceiver);
    if (this.#transceivers.length === 1) queueMicrotask(() => this.dispatchEvent(new Event("negotiationneeded")));
    return transceiver;
  }

  getTransceivers(): PlayedTransceiver[] {
    return this.#transceivers;
  }

  async setLocalDescription(): Promise<void> {
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    this.localDescription = { type, sdp: this.#sdp(type) };
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    this.#connect();
  }

  async setRemoteDescription(description: Description): Promise<void> {
    const { type } = description;
    if (this.connectionState === "closed") throw new DOMException("closed", "InvalidStateError");
    this.remoteDescription = description;
    this.signalingState = type === "offer" ? "have-remote-offer" : "stable";
    // An offer does not take over what was added here and offered in vain.
    const fresh = type === "offer" && !this.#agreed;
    if (fresh) this.#transceivers.push(...["audio", "video"].map((kind) => new PlayedTransceiver(this, kind, "recvonly")));
    this.#agreed = true;
    if (fresh || type === "answer") {
      for (const { receiver } of this.#transceivers) {
        this.dispatchEvent(Object.assign(new Event("track"), { track: receiver.track }));
      }
    }
    this.#connect();
  }

  async addIceCandidate({ candidate = "" }: RTCIceCandidateInit): Promise<void> {
    this.taken.push(candidate);
  }

  /** A way was found. */
  find(candidate: string): void {
    const found = { candidate, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "here" };
    this.dispatchEvent(Object.assign(new Event("icecandidate"), { candidate: found }));
  }

  restartIce(): void {
    this.#restarts += 1;
    this.dispatchEvent(new Event("negotiationneeded"));
  }

  getConfiguration(): object {
    return {};
  }

  setConfiguration(): void {}

  /** With packets, each look finds more of them, until they stop. */
  async getStats(): Promise<Map<string, object>> {
    if (this.flow === "none") return new Map();
    if (this.flow === "flowing") this.#packets += 10;
    const pair = { id: "pair", type: "candidate-pair", selected: true, currentRoundTripTime: this.rttMs / 1_000 };
    const heard = { id: "in", type: "inbound-rtp", kind: "audio", packetsReceived: this.#packets };
    return new Map<string, object>([["pair", pair], ["in", heard]]);
  }

  close(): void {
    this.connectionState = "closed";
    this.signalingState = "closed";
  }

  /** The path dies: both ends notice. */
  fail(): void {
    this.connectionState = "disconnected";
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  get sending(): PlayedTrack[] {
    return this.#transceivers.flatMap(({ sender }) => sender.track ?? []);
  }

  /** By how much what is sent as a picture is smaller than what the camera gives. */
  get smaller(): number[] {
    const video = this.#transceivers.filter(({ receiver }) => receiver.track.kind === "video");
    return video.map(({ sender }) => sender.getParameters().encodings[0]?.scaleResolutionDownBy ?? 1);
  }

  /** What a picture may take at most, in bit/s. */
  get most(): (number | undefined)[] {
    const video = this.#transceivers.filter(({ receiver }) => receiver.track.kind === "video");
    return video.map(({ sender }) => sender.getParameters().encodings[0]?.maxBitrate);
  }

  get restarts(): number {
    return this.#restarts;
  }

  #connect(): void {
    if (this.signalingState !== "stable") return;
    const [local, remote] = [this.localDescription, this.remoteDescription];
    if (local === null || remote === null) return;
    const other = PlayedPeerConnection.all.find((pc) => remote.sdp.includes(` ${pc.id} 2 IN`));
    const mutual = other?.remoteDescription?.sdp.includes(` ${this.id} 2 IN`) === true;
    if (other === undefined || !mutual || other.signalingState !== "stable") return;
    for (const pc of [this, other]) {
      queueMicrotask(() => {
        if (pc.connectionState === "closed") return;
        pc.connectionState = "connected";
        pc.dispatchEvent(new Event("connectionstatechange"));
      });
    }
  }

  #sdp(type: string): string {
    const head = ["v=0", `o=- ${this.id} 2 IN IP4 127.0.0.1`, "s=-", "t=0 0"];
    const section = (media: string, payload: number) => [
      `m=${media} 9 UDP/TLS/RTP/SAVPF ${payload}`,
      "a=ice-ufrag:abcd",
      "a=ice-pwd:abcdefghijklmnopqrstuvwx",
      `a=fingerprint:sha-256 ${HASH(this.#certificate)}`,
      `a=setup:${type === "offer" ? "actpass" : "active"}`,
      "a=rtcp-mux",
    ];
    return [...head, ...section("audio", 111), ...section("video", 96)].map((line) => `${line}\r\n`).join("");
  }
}
