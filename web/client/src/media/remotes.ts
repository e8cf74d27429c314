/** The pages of others that this page has a connection with, at most one of each participant, and at
 * most one with each. It does not know who should be connected, nor when anything may flow. */
import type { Bodies } from "../sessions/bodies";
import { randomHex } from "../sessions/envelope";
import type { OpenedOf } from "../sessions/opened";
import type { Relay } from "../signaling/relay";
import type { Source } from "./devices";
import { Peer } from "./peer";

export interface Remote {
  readonly participant: string;
  /** Which page of theirs. */
  readonly instance: string;
  /** Which one between the two pages, from 0. */
  readonly connection: number;
  readonly peer: Peer;
  readonly tracks: MediaStreamTrack[];
  readonly devices: Record<Source, boolean>;
}

/** What goes on from the connection before. */
interface After {
  readonly connection: number;
  /** Whether this side offers. */
  readonly dials: boolean;
  readonly fingerprint: string | null;
  /** The last picture stays until there is a new one. */
  readonly tracks: MediaStreamTrack[];
}

interface Ears {
  /** Whether this side gives way to them (peer.ts); of every two exactly one does. */
  polite(participant: string): boolean;
  opened(remote: Remote): void;
  /** A track or a state is another one, or somebody is gone. */
  changed(): void;
  stalled(peer: Peer): void;
  quiet(): void;
  failed(): void;
  refused(code: string): void;
}

const KEYS: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };

export class Remotes {
  /** Which page this is, as others know it. */
  instance = randomHex(16);
  readonly #relay: Relay;
  readonly #ears: Ears;
  readonly #all = new Map<string, Remote>();
  /** Pages that were left: nothing of theirs counts any more. */
  readonly #gone = new Set<string>();
  /** Pages that know what it is when a connection takes the place of another one. */
  readonly #renewing = new Set<string>();
  /** Of all connections of this page: whoever talks with it finds the same end in another connection. */
  #certificates: RTCCertificate[] | undefined;

  constructor(relay: Relay, ears: Ears) {
    this.#relay = relay;
    this.#ears = ears;
    void this.#certify();
  }

  /** How this page says that it is there. */
  get hello(): Bodies["call.hello"] {
    return { instance: this.instance, renews: this.#certificates !== undefined };
  }

  [Symbol.iterator](): Iterator<Remote> {
    return this.#all.values();
  }

  get(participant: string): Remote | undefined {
    return this.#all.get(participant);
  }

  /** Whom one sees and hears. */
  get main(): Remote | undefined {
    return this.#all.values().next().value;
  }

  /** They say that they are there. True if on a page that was not known; a known one is told again what
   * it may have missed. */
  greeted(participant: string, { instance, renews }: Bodies["call.hello"]): boolean {
    if (renews === true) this.#renewing.add(instance);
    const known = this.#all.get(participant)?.instance === instance;
    const remote = this.of(participant, instance);
    if (known) remote?.peer.nudge();
    return !known && remote !== null;
  }

  /** A sign of theirs; void where it belongs to a page or to a connection that was left. */
  receive({ kind, participant, body }: OpenedOf<"call.description"> | OpenedOf<"call.candidate">): void {
    const { connection = 0 } = body;
    let remote = this.of(participant, body.instance);
    const offer = kind === "call.description" && body.type === "offer";
    if (remote !== null && offer && connection > remote.connection) remote = this.#replace(remote, connection, false);
    if (remote?.connection === connection) remote.peer.receive(kind, body);
  }

  /** The page of this participant with whom we talk: a new one takes the place of the old. */
  of(participant: string, instance: string): Remote | null {
    const known = this.#all.get(participant);
    if (known?.instance === instance) return known;
    if (this.#gone.has(instance)) return null;
    if (known !== undefined) {
      this.#gone.add(known.instance);
      this.close(participant);
    }
    return this.#open(participant, instance);
  }

  close(participant: string): void {
    const remote = this.#all.get(participant);
    if (remote === undefined) return;
    this.#all.delete(participant);
    remote.peer.close();
    this.#ears.changed();
  }

  closeAll(): void {
    for (const participant of Array.from(this.#all.keys())) this.close(participant);
  }

  /** Be another page from now on; `dial`: and connect again with all that were there. */
  renew(dial: boolean): void {
    this.instance = randomHex(16);
    const before = Array.from(this.#all.values());
    this.closeAll();
    if (dial) for (const { participant, instance } of before) this.#open(participant, instance);
  }

  /** Without, a path that died is looked for by the same connection, which takes longer. */
  async #certify(): Promise<void> {
    try {
      const certificate = await RTCPeerConnection.generateCertificate(KEYS);
      if (this.#all.size === 0) this.#certificates = [certificate];
    } catch {
      // what this page says of itself is then that it does not know how
    }
  }

  /** A connection that has lost its path asks along it for seconds before it tries others in earnest; one
   * that never had any finds one at once. Both ends stay who they are. */
  #replace(before: Remote, connection: number, dials: boolean): Remote | null {
    const { participant, instance, devices, tracks } = before;
    const fingerprint = before.peer.fingerprints.other || null;
    const remote = this.#open(participant, instance, { connection, dials, fingerprint, tracks });
    before.peer.close();
    if (remote === null) return null;
    Object.assign(remote.devices, devices);
    return remote;
  }

  /** Of two that are begun at once, the one with the higher number stays: they never have the same. */
  #renewed(before: Remote, polite: boolean): boolean {
    const known = this.#certificates !== undefined && this.#renewing.has(before.instance);
    if (!known || before.peer.fingerprints.other === "" || this.#all.get(before.participant) !== before) return false;
    const next = before.connection + 1;
    return this.#replace(before, (next % 2 === 0) === polite ? next : next + 1, true) !== null;
  }

  #open(participant: string, instance: string, after: After | null = null): Remote | null {
    const { admission } = this.#relay;
    if (admission === null) return null;
    const polite = this.#ears.polite(participant);
    const first: After = { connection: 0, dials: polite, fingerprint: null, tracks: [] };
    const { connection, dials, fingerprint, tracks } = after ?? first;
    let old = tracks.length;
    const peer = new Peer({
      polite,
      iceServers: admission.iceServers,
      icePolicy: admission.icePolicy,
      to: participant,
      instance: this.instance,
      toward: instance,
      connection,
      certificates: this.#certificates,
      fingerprint,
      send: (kind, body) => void this.#relay.send(kind, body),
      renew: () => this.#renewed(remote, polite),
    });
    const devices = { camera: true, microphone: true };
    const remote: Remote = { participant, instance, connection, peer, tracks, devices };
    this.#all.set(participant, remote);
    peer.on("track", (track) => {
      tracks.splice(0, old);
      old = 0;
      tracks.push(track);
      this.#ears.changed();
    });
    peer.on("state", (state) => {
      if (state === "stalled") this.#ears.stalled(peer);
      if (state === "failed") this.#ears.failed();
      else this.#ears.changed();
    });
    peer.on("quiet", () => this.#ears.quiet());
    peer.on("refused", (code) => this.#ears.refused(code));
    if (dials) peer.warm();
    this.#ears.opened(remote);
    return remote;
  }
}
