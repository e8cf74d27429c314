/** What is sent is made to fit the network: sound first, then fewer pictures a second, then smaller
 * ones; letters of a screen stay sharp. Comes once a call is live; it knows one connection.
 *
 * Each packet of sound carries the one before it as well (RFC 2198, preferred in peer.ts), so that
 * of two in a row one may be lost. Where there is little room, both are made smaller. */

/** What this side's network lets through, as far as the browser tells. */
export interface Seen {
  /** Estimated for everything that is sent; null where the browser does not estimate. */
  readonly availableKbps: number | null;
  /** Of the sound that was sent, how much got lost, 0 to 1, as the other side reports. */
  readonly lost: number;
  /** There and back; null until the other side has reported. */
  readonly rttMs: number | null;
}

export interface Plan {
  /** A place in `RUNGS`. */
  readonly rung: number;
  /** Sound is sent with less. */
  readonly thrifty: boolean;
}

/** The most that a connection may take that is not the only one. */
export interface Share {
  readonly kbps: number;
  /** The picture is shown small: its width and height are divided by this. */
  readonly scale: number;
}

interface Rung {
  /** Room for the picture from which on this is sent, and the most that it is given, in kbit/s. */
  readonly from: number;
  readonly most: number | null;
  readonly fps: number;
  /** Width and height are divided by this. */
  readonly scale: number;
}

/** Where there is more room a browser finds the best by itself (`python -m tests.bench weather`). */
export const RUNGS: readonly Rung[] = [
  { from: 120, most: null, fps: 30, scale: 1 },
  { from: 75, most: 120, fps: 15, scale: 1 },
  { from: 40, most: 75, fps: 10, scale: 2 },
  { from: 25, most: 45, fps: 8, scale: 4 },
  { from: -Infinity, most: 30, fps: 5, scale: 4 },
];
export const AS_IT_IS: Plan = { rung: 0, thrifty: false };

/** Opus, twice, with its headers; and with less. */
const SOUND_KBPS = 90;
const THRIFTY_KBPS = 45;
const THRIFTY_BELOW_KBPS = 180;
const THRIFTY_BITS = 12_000;
const LOSSY = 0.03;
const CLEAN = 0.01;
/** Packets that wait in a queue: then it is narrow, and stays so for a while, whatever is lost. */
const QUEUE_MS = 120;
const NARROW_MS = 30_000;
/** Better has to last. Worse counts at once: nobody hears a queue before it is there. */
const BETTER_MS = 4_000;
const CLEAN_MS = 15_000;

/** Decides, from what is seen about once a second. Pure. */
export class Planner {
  #plan = AS_IT_IS;
  #betterSince: number | null = null;
  #lossy = false;
  #cleanSince: number | null = null;
  #shortestMs = Infinity;
  #narrowUntil = -Infinity;

  next({ availableKbps, lost, rttMs }: Seen, nowMs: number): Plan {
    this.#shortestMs = Math.min(this.#shortestMs, rttMs ?? Infinity);
    if (rttMs !== null && rttMs - this.#shortestMs > QUEUE_MS) this.#narrowUntil = nowMs + NARROW_MS;
    // A browser also expects little of a network that only loses some: there is room all the same.
    const room = this.#loses(lost, nowMs) && nowMs >= this.#narrowUntil ? null : availableKbps;
    const thrifty = room !== null && room < THRIFTY_BELOW_KBPS;
    const sound = thrifty ? THRIFTY_KBPS : SOUND_KBPS;
    const fits = room === null ? 0 : RUNGS.findIndex(({ from }) => room - sound >= from);
    return (this.#plan = { rung: this.#climb(fits, nowMs), thrifty });
  }

  /** Down as far as it must at once, up by one after the other. */
  #climb(fits: number, nowMs: number): number {
    const { rung } = this.#plan;
    if (fits >= rung) {
      this.#betterSince = null;
      return fits;
    }
    this.#betterSince ??= nowMs;
    if (nowMs - this.#betterSince < BETTER_MS) return rung;
    this.#betterSince = nowMs;
    return rung - 1;
  }

  #loses(lost: number, nowMs: number): boolean {
    this.#cleanSince = lost <= CLEAN ? (this.#cleanSince ?? nowMs) : null;
    const clean = this.#cleanSince !== null && nowMs - this.#cleanSince >= CLEAN_MS;
    return (this.#lossy = lost >= LOSSY || (this.#lossy && !clean));
  }
}

/** Keeps one connection to its plan. */
export class Fitting {
  share: Share | null = null;
  readonly #pc: RTCPeerConnection;
  readonly #planner = new Planner();
  /** What each sender was told last. */
  readonly #told = new WeakMap<RTCRtpSender, string>();

  constructor(pc: RTCPeerConnection) {
    this.#pc = pc;
  }

  async sample(stats: RTCStatsReport, nowMs: number): Promise<void> {
    const plan = this.#planner.next(seenIn(stats), nowMs);
    await Promise.all(this.#pc.getTransceivers().map(({ sender }) => this.#fit(sender, plan)));
  }

  async #fit(sender: RTCRtpSender, plan: Plan): Promise<void> {
    const { track } = sender;
    if (track === null) return;
    const sharp = track.contentHint === "detail";
    const rung = RUNGS[plan.rung];
    const wanted = JSON.stringify([plan, sharp, this.share]);
    if (this.#told.get(sender) === wanted) return;
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    if (encoding === undefined || rung === undefined) return;
    this.#told.set(sender, wanted);
    if (track.kind === "audio") spoken(encoding, plan);
    else seen(encoding, rung, sharp, this.share);
    // A browser that cannot do it goes on as it does by itself.
    await sender.setParameters(parameters).catch(() => undefined);
  }
}

/** Longer packets, where the browser can: their headers take more room than the sound in them. */
type Spoken = RTCRtpEncodingParameters & { adaptivePtime?: boolean };

function spoken(encoding: Spoken, { thrifty }: Plan): void {
  encoding.adaptivePtime = thrifty;
  if (thrifty) encoding.maxBitrate = THRIFTY_BITS;
  else delete encoding.maxBitrate;
}

function seen(encoding: RTCRtpEncodingParameters, rung: Rung, sharp: boolean, share: Share | null): void {
  encoding.scaleResolutionDownBy = sharp ? 1 : Math.max(rung.scale, share?.scale ?? 1);
  encoding.maxFramerate = rung.fps;
  const most = Math.min(rung.most ?? Infinity, share?.kbps ?? Infinity);
  if (most === Infinity) delete encoding.maxBitrate;
  else encoding.maxBitrate = most * 1_000;
}

function seenIn(stats: RTCStatsReport): Seen {
  let availableKbps: number | null = null;
  let rttMs: number | null = null;
  let lost = 0;
  for (const stat of stats.values() as Iterable<Record<string, unknown>>) {
    const [available, rtt] = [stat["availableOutgoingBitrate"], stat["roundTripTime"]];
    if (stat["type"] === "candidate-pair" && stat["nominated"] === true && typeof available === "number") {
      availableKbps = available / 1_000;
    } else if (stat["type"] === "remote-inbound-rtp" && stat["kind"] === "audio") {
      lost = Number(stat["fractionLost"] ?? 0);
      if (typeof rtt === "number") rttMs = 1_000 * rtt;
    }
  }
  return { availableKbps, lost, rttMs };
}
