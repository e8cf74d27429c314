/** One of a party's connections: to one other person, whichever of their pages has it. It does not know
 * who should be connected. */
import type { Share } from "../media/fitting";
import type { Devices, Source } from "../media/devices";
import type { Numbers } from "../media/quality";
import { Remotes, type Remote } from "../media/remotes";
import type { Bodies, Word } from "../sessions/bodies";
import type { OpenedOf } from "../sessions/opened";
import type { Relay } from "../signaling/relay";

interface Options {
  readonly relay: Relay;
  readonly devices: Devices | null;
  readonly participant: string;
  readonly polite: boolean;
  changed(): void;
  /** Say to them that this page is there, by its present instance. */
  greet(): void;
}

/** Credentials of the TURN servers last for ten minutes. */
const FRESH_MS = 480_000;
const LINK_MS = 700;
const MEDIA = { camera: "video", microphone: "audio" } as const;

export class Strand {
  readonly stream = new MediaStream();
  /** On, until they say otherwise. */
  devices = { camera: true, microphone: true, screen: false };
  /** How their connections are, as a guest says. */
  word: Word | null = null;
  readonly #o: Options;
  readonly #remotes: Remotes;
  #share: Share | null = null;
  #closed = false;

  constructor(options: Options) {
    this.#o = options;
    const { relay } = options;
    this.#remotes = new Remotes(relay, {
      polite: () => options.polite,
      opened: (remote) => this.#opened(remote),
      changed: () => this.#changed(),
      stalled: (peer) => void relay.renew(FRESH_MS).then((admission) => admission && peer.use(admission.iceServers)),
      quiet: () => relay.check(LINK_MS),
      failed: () => this.#again(),
      refused: () => undefined,
    });
  }

  /** Which page this is, to this one person. */
  get instance(): string {
    return this.#remotes.instance;
  }

  get hello(): Bodies["call.hello"] {
    return this.#remotes.hello;
  }

  get connected(): boolean {
    return this.#remotes.main?.peer.state === "connected";
  }

  /** They are there; true if on a page that was not known. */
  greeted(body: Bodies["call.hello"]): boolean {
    return this.#remotes.greeted(this.#o.participant, body);
  }

  receive(event: OpenedOf<"call.description"> | OpenedOf<"call.candidate">): void {
    if (event.body.toward !== this.instance) return;
    this.#remotes.receive(event);
  }

  says({ camera, microphone, screen = false }: Bodies["call.devices"]): void {
    this.devices = { camera, microphone, screen };
    this.#expect();
    this.#o.changed();
  }

  async measure(): Promise<Numbers | null> {
    return (await this.#remotes.main?.peer.stats()) ?? null;
  }

  replace(source: Source, track: MediaStreamTrack | null): void {
    void this.#remotes.main?.peer.replace(MEDIA[source], track);
  }

  bound(share: Share | null): void {
    this.#share = share;
    this.#remotes.main?.peer.bound(share);
  }

  /** This page was away. */
  back(iceServers: RTCIceServer[]): void {
    const peer = this.#remotes.main?.peer;
    peer?.use(iceServers);
    peer?.moved(peer.quiet);
  }

  close(): void {
    this.#closed = true;
    this.#remotes.closeAll();
  }

  /** Both sides begin anew, under a new instance. */
  #again(): void {
    this.#remotes.renew(this.#o.polite);
    this.#o.greet();
  }

  #opened(remote: Remote): void {
    for (const source of ["camera", "microphone"] as const) {
      void remote.peer.replace(MEDIA[source], this.#o.devices?.outgoing(source) ?? null);
    }
    remote.peer.bound(this.#share);
    // Whoever holds a seat was admitted by the advisor: nobody is asked again.
    void remote.peer.goLive();
    this.#expect();
  }

  #expect(): void {
    const peer = this.#remotes.main?.peer;
    if (peer) peer.expecting = this.devices.camera || this.devices.microphone;
  }

  #changed(): void {
    const tracks = this.#remotes.main?.tracks ?? [];
    for (const old of this.stream.getTracks()) if (!tracks.includes(old)) this.stream.removeTrack(old);
    for (const track of tracks) this.stream.addTrack(track);
    if (!this.#closed) this.#o.changed();
  }
}
