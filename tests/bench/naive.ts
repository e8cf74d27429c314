/** The same call over the same sealed relay with nothing prepared: devices, connection and offer
    begin with the click. It exists to be measured beside the warm start and is part of no product. */
import { toSession } from "../../web/client/src/signaling/admission";
import { Relay } from "../../web/client/src/signaling/relay";

const instance = "0123456789abcdef";
const video = document.querySelector("video")!;
let connection: RTCPeerConnection | null = null;
const early: RTCIceCandidateInit[] = [];

declare global {
  interface Window {
    prospect(): Promise<string>;
    advisor(session: string): Promise<void>;
    end(): Promise<unknown>;
    ready: boolean;
  }
}

/** Start a call and answer whoever offers. Resolves with the session. */
window.prospect = async () => {
  const answer = await fetch("/api/calls", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ first_name: "Anna", last_name: "Naiv" }),
  });
  const { session } = (await answer.json()) as { session: string };
  const relay = new Relay({ admit: toSession(session) });
  relay.on("joined", () => (window.ready = true));
  listen(relay, async (to, offer) => {
    await open(relay, to);
    await connection!.setRemoteDescription(offer);
    await describe(relay, to);
  });
  relay.start();
  return session;
};

/** Be there; the click then accepts, asks for devices and calls. */
window.advisor = async (session) => {
  const page = new DOMParser().parseFromString(await (await fetch("/console")).text(), "text/html");
  const { csrf } = JSON.parse(page.querySelector<HTMLElement>("#app")!.dataset["page"]!) as { csrf: string };
  const relay = new Relay({ admit: toSession(session, { csrf, prepare: true }) });
  relay.on("joined", () => (window.ready = true));
  window.end = () => relay.send("session.ended", { reason: "hung_up" });
  listen(relay, (_, answer) => connection!.setRemoteDescription(answer));
  document.querySelector("button")!.onclick = async () => {
    const to = relay.roster.find(({ role }) => role === "prospect")!.participant;
    await relay.send("session.accepted", { name: "Berta", title: "" });
    await open(relay, to);
    await describe(relay, to);
  };
  relay.start();
};

async function open(relay: Relay, to: string): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
  const made = new RTCPeerConnection({ iceServers: relay.admission!.iceServers });
  made.onicecandidate = ({ candidate }) => {
    if (!candidate) return;
    const body = { candidate: candidate.candidate, mid: candidate.sdpMid, index: candidate.sdpMLineIndex };
    void relay.send("call.candidate", { to, instance, ...body });
  };
  made.ontrack = ({ streams }) => (video.srcObject = streams[0]!);
  for (const track of stream.getTracks()) made.addTrack(track, stream);
  connection = made;
}

async function describe(relay: Relay, to: string): Promise<void> {
  await connection!.setLocalDescription();
  const { type, sdp } = connection!.localDescription!;
  await relay.send("call.description", { to, instance, type: type as "offer" | "answer", sdp });
  for (const candidate of early.splice(0)) await connection!.addIceCandidate(candidate);
}

type Described = (from: string, description: RTCSessionDescriptionInit) => Promise<void>;

function listen(relay: Relay, described: Described): void {
  relay.on("event", async (opened) => {
    if (opened.mine) return;
    if (opened.kind === "call.description") {
      await described(opened.participant, opened.body as RTCSessionDescriptionInit);
    } else if (opened.kind === "call.candidate") {
      const { candidate, mid, index } = opened.body;
      const one = { candidate, sdpMid: mid, sdpMLineIndex: index };
      if (connection?.remoteDescription) await connection.addIceCandidate(one);
      else early.push(one);
    }
  });
}
