/** The pages of others that this page has a connection with, at most one of each participant.
 * It does not know who should be connected, nor when anything may flow. */
import { randomHex } from "../sessions/envelope";
import type { Relay } from "../signaling/relay";
import type { Source } from "./devices";
import { Peer } from "./peer";

export interface Remote {
  readonly participant: string;
  /** Which page of theirs. */
  readonly instance: string;
  readonly peer: Peer;
  readonly tracks: MediaStreamTrack[];
  readonly devices: Record<Source, boolean>;
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

export class Remotes {
  /** Which page this is, as others know it. */
  instance = randomHex(16);
  readonly #relay: Relay;
  readonly #ears: Ears;
  readonly #all = new Map<string, Remote>();
  /** Pages that were left: nothing of theirs counts any more. */
  readonly #gone = new Set<string>();

  constructor(relay: Relay, ears: Ears) {
    this.#relay = relay;
    this.#ears = ears;
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

  #open(participant: string, instance: string): Remote | null {
    const { admission } = this.#relay;
    if (admission === null) return null;
    const peer = new Peer({
      polite: this.#ears.polite(participant),
      iceServers: admission.iceServers,
      icePolicy: admission.icePolicy,
      to: participant,
      instance: this.instance,
      toward: instance,
      send: (kind, body) => void this.#relay.send(kind, body),
    });
    const devices = { camera: true, microphone: true };
    const remote: Remote = { participant, instance, peer, tracks: [], devices };
    this.#all.set(participant, remote);
    peer.on("track", (track) => {
      remote.tracks.push(track);
      this.#ears.changed();
    });
    peer.on("state", (state) => {
      if (state === "stalled") this.#ears.stalled(peer);
      if (state === "failed") this.#ears.failed();
      else this.#ears.changed();
    });
    peer.on("quiet", () => this.#ears.quiet());
    peer.on("refused", (code) => this.#ears.refused(code));
    peer.warm();
    this.#ears.opened(remote);
    return remote;
  }
}
