/** One short connection to the far end (media/echo.py): a data channel with numbered packets, and
 * never a track. It does not know when it is time, nor what follows from the figures. */
import { measure } from "../media/quality";
import { clean } from "../media/sdp";
import type { Path } from "../sessions/bodies";
import { headersOf, type Admission, type Proof } from "../signaling/admission";
import { Echoes, type Figures } from "./echoes";
import { TRIED_KBPS } from "./finding";

const TICK_MS = 20;
const CONNECT_MS = 8_000;
const SPARSE = { bytes: 120, everyMs: 20, lastsMs: 2_000 };
const DENSE = { bytes: 1_100, everyMs: (8 * 1_100) / TRIED_KBPS, lastsMs: 1_500 };
/** What is on its way back. */
const LATE_MS = 600;
/** More at once would be a burst that nobody asked for. */
const MOST_AT_ONCE = 4;
/** What waits in the browser is not on the network: no more is laid on top. */
const MOST_WAITING = 16_000;
/** A page that sends less of what it should, for its own reasons, has not tried the network. */
const LEAST = 0.8;

export interface Trial {
  readonly figures: Figures;
  readonly path: Path;
}

/** Not offered here, or not now; nothing is wrong with the connection. */
export class NotTried extends Error {
  override name = "NotTried";
}

export interface TrialOptions {
  readonly session: string;
  readonly proof: Proof;
  readonly admission: Pick<Admission, "iceServers" | "icePolicy">;
  /** Ends it at once, whatever it does. */
  readonly signal: AbortSignal;
}

/** Null where no way leads there. Throws `NotTried`, also when it was ended. */
export async function attempt({ session, proof, admission, signal }: TrialOptions): Promise<Trial | null> {
  const { iceServers, icePolicy: iceTransportPolicy } = admission;
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy });
  const stop = () => pc.close();
  signal.addEventListener("abort", stop);
  try {
    const channel = pc.createDataChannel("checkup", { ordered: false, maxRetransmits: 0 });
    channel.binaryType = "arraybuffer";
    await pc.setLocalDescription();
    const sdp = await answerTo(pc.localDescription?.sdp ?? "", session, proof, signal);
    // Its own addresses may be those of this very machine.
    await pc.setRemoteDescription({ type: "answer", sdp: clean(sdp, { loopback: true }) });
    if (!(await opened(channel, signal))) return null;
    const echoes = await exchange(channel, signal);
    return { figures: echoes.figures(LEAST * TRIED_KBPS), path: measure(await pc.getStats(), null).numbers.path };
  } catch (error) {
    if (error instanceof NotTried) throw error;
    throw new NotTried(error instanceof Error ? error.name : "unknown");
  } finally {
    signal.removeEventListener("abort", stop);
    pc.close();
  }
}

async function answerTo(sdp: string, session: string, proof: Proof, signal: AbortSignal): Promise<string> {
  const response = await fetch(`/api/sessions/${session}/checkup`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headersOf(proof) },
    body: JSON.stringify({ sdp }),
    cache: "no-store",
    credentials: "same-origin",
    signal,
  });
  if (!response.ok) throw new NotTried(String(response.status));
  return String(((await response.json()) as { sdp?: unknown }).sdp ?? "");
}

/** Whether it opened in time. */
async function opened(channel: RTCDataChannel, signal: AbortSignal): Promise<boolean> {
  const open = new Promise<boolean>((told) => {
    channel.addEventListener("open", () => told(true));
    channel.addEventListener("close", () => told(false));
    setTimeout(() => told(false), CONNECT_MS);
    signal.addEventListener("abort", () => told(false));
  });
  const is = channel.readyState === "open" || (await open);
  if (signal.aborted) throw new NotTried("ended");
  return is;
}

async function exchange(channel: RTCDataChannel, signal: AbortSignal): Promise<Echoes> {
  const echoes = new Echoes();
  channel.addEventListener("message", ({ data }) => echoes.back(data, performance.now()));
  await stream(channel, echoes, SPARSE, signal);
  echoes.densely();
  await stream(channel, echoes, DENSE, signal);
  await pause(LATE_MS, signal);
  return echoes;
}

async function stream(channel: RTCDataChannel, echoes: Echoes, what: typeof SPARSE, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  let due = 0;
  for (;;) {
    const elapsed = performance.now() - began;
    if (elapsed >= what.lastsMs) return;
    const wanted = Math.floor(elapsed / what.everyMs) + 1;
    due = Math.max(due, wanted - MOST_AT_ONCE); // a tab in the background is not called often
    if (channel.bufferedAmount >= MOST_WAITING) echoes.held = true;
    for (; due < wanted && channel.bufferedAmount < MOST_WAITING; due += 1) {
      if (channel.readyState !== "open") return;
      channel.send(echoes.packet(what.bytes));
      echoes.sent(what.bytes, performance.now());
    }
    await pause(TICK_MS, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise((over) => setTimeout(over, ms));
  if (signal.aborted) throw new NotTried("ended");
}
