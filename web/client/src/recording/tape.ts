/** What this person sends in the talk, sent once more, to be recorded: one connection, made anew
    where it breaks or its way is gone. Knows neither consents nor screens; whoever starts it has asked. */
import type { Devices } from "../media/devices";
import { Stall } from "../media/stall";
import { headersOf, type Proof } from "../signaling/admission";
import type { Relay } from "../signaling/relay";

/** starting: nothing arrives yet; failing: it is tried again and again; impossible: it is refused. */
export type TapeState = "off" | "starting" | "running" | "failing" | "impossible";

export interface TapePorts {
  readonly relay: Relay;
  readonly devices: Devices;
  readonly session: string;
  readonly proof: Proof;
  changed(state: TapeState): void;
}

const AGAIN_MS = [1_000, 2_000, 4_000, 8_000];
/** All candidates go with the offer; what is not found by then is not waited for. */
const GATHER_MS = 1_500;
const CONNECT_MS = 10_000;
/** The first of all waits for the recorder to begin. */
const ANSWER_MS = 30_000;
/** What arrives there is confirmed every second. ICE itself notices after six that nothing does. */
const LOOK_MS = 500;
const SILENT_MS = 3_000;
/** Whoever ran for so long need not wait to dial anew. */
const STEADY_MS = 5_000;
/** A face and a voice, not a film: the talk itself comes first. */
const MOST_KBPS = 900;
const FINAL = new Set(["recording.off", "recording.consent", "recording.too_many", "session.ended", "not.found"]);

class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export class Tape {
  state: TapeState = "off";
  readonly #ports: TapePorts;
  #connection: RTCPeerConnection | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looks: ReturnType<typeof setInterval> | undefined;
  readonly #stall = new Stall();
  #sent = 0;
  #runsSince = Infinity;
  #attempt = 0;
  #off = () => {};

  constructor(ports: TapePorts) {
    this.#ports = ports;
  }

  start(): void {
    if (this.state !== "off") return;
    this.#become("starting");
    this.#attempt = 0;
    void this.#begin();
  }

  /** First nothing is sent any more, then the server hears of it; `all`: of nobody anything. */
  stop(all = false): void {
    const running = this.state !== "off";
    this.#let();
    clearTimeout(this.#timer);
    this.#become("off");
    if (running || all) void this.#tell("/stop", { all }).catch(() => undefined);
  }

  async #begin(): Promise<void> {
    const { admission } = this.#ports.relay;
    const connection = new RTCPeerConnection({
      iceServers: admission?.iceServers ?? [],
      iceTransportPolicy: admission?.icePolicy ?? "all",
    });
    this.#connection = connection;
    const current = () => connection === this.#connection;
    connection.addEventListener("connectionstatechange", () => {
      if (!current()) return;
      if (connection.connectionState === "connected") {
        clearTimeout(this.#timer);
        this.#attempt = 0;
        this.#runsSince = performance.now();
        this.#looks = setInterval(() => void this.#look(connection), LOOK_MS);
        this.#become("running");
      } else if (["failed", "disconnected", "closed"].includes(connection.connectionState)) this.#again();
    });
    try {
      await this.#describe(connection);
      if (!current()) return;
      const sdp = await this.#offer(connection.localDescription?.sdp ?? "");
      if (!current()) return;
      this.#timer = setTimeout(() => current() && this.#again(), CONNECT_MS);
      await connection.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      if (!current()) return;
      if (error instanceof Refused && FINAL.has(error.code)) this.#giveUp();
      else this.#again();
    }
  }

  /** Whether what is sent arrives. Where nothing is sent, nobody confirms anything. */
  async #look(connection: RTCPeerConnection): Promise<void> {
    const stats = await connection.getStats();
    if (connection !== this.#connection) return;
    const { sent, confirmed } = signs(stats);
    if (sent === this.#sent) this.#stall.rest();
    this.#sent = sent;
    if (this.#stall.sample(confirmed, performance.now()) > SILENT_MS) this.#again();
  }

  async #describe(connection: RTCPeerConnection): Promise<void> {
    const { devices } = this.#ports;
    const sends = {
      microphone: connection.addTransceiver("audio", { direction: "sendonly" }),
      camera: connection.addTransceiver("video", {
        direction: "sendonly",
        sendEncodings: [{ maxBitrate: MOST_KBPS * 1_000 }],
      }),
    };
    const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
    const taken = codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType));
    if ("setCodecPreferences" in sends.camera && taken.length > 0) sends.camera.setCodecPreferences(taken);
    // What is switched off in the talk is not in its recording either.
    this.#off = devices.on("track", (source, track) => void sends[source].sender.replaceTrack(track).catch(() => undefined));
    for (const source of ["camera", "microphone"] as const) {
      await sends[source].sender.replaceTrack(devices.outgoing(source));
    }
    await connection.setLocalDescription();
    await gathered(connection);
  }

  async #offer(sdp: string): Promise<string> {
    const answer = await this.#tell("", { sdp });
    return ((await answer.json()) as { sdp: string }).sdp;
  }

  async #tell(path: string, body: object): Promise<Response> {
    const { session, proof } = this.#ports;
    const answer = await fetch(`/api/sessions/${session}/recording${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headersOf(proof) },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      keepalive: path !== "",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => ({}))) as { error?: { code?: string } };
    throw new Refused(said.error?.code ?? "unknown");
  }

  #again(): void {
    this.#let();
    clearTimeout(this.#timer);
    const steady = performance.now() - this.#runsSince > STEADY_MS;
    this.#runsSince = Infinity;
    const pause = steady ? 0 : AGAIN_MS[Math.min(this.#attempt, AGAIN_MS.length - 1)];
    if (!steady) this.#attempt += 1;
    this.#become("failing");
    this.#timer = setTimeout(() => void this.#begin(), pause);
  }

  #giveUp(): void {
    this.#let();
    clearTimeout(this.#timer);
    this.#become("impossible");
  }

  #let(): void {
    this.#off();
    clearInterval(this.#looks);
    this.#stall.rest();
    this.#connection?.close();
    this.#connection = null;
  }

  #become(state: TapeState): void {
    if (state === this.state) return;
    this.state = state;
    this.#ports.changed(state);
  }
}

/** Packets that were sent until now, and when it was last said what of them arrived. */
function signs(stats: RTCStatsReport): { sent: number; confirmed: number } {
  let [sent, confirmed] = [0, 0];
  for (const stat of stats.values() as Iterable<RTCStats & { packetsSent?: number }>) {
    if (stat.type === "outbound-rtp") sent += stat.packetsSent ?? 0;
    else if (stat.type === "remote-inbound-rtp") confirmed = Math.max(confirmed, stat.timestamp);
  }
  return { sent, confirmed };
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((done) => {
    if (connection.iceGatheringState === "complete") return done();
    setTimeout(done, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => connection.iceGatheringState === "complete" && done());
  });
}
