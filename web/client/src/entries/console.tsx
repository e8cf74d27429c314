/** The console's page: builds one shift and draws it. */
import { keptBlur } from "../call/memory";
import { createRoot } from "react-dom/client";
import "../styles/base.css";
import "../styles/signedin.css";
import "../styles/stage.css";
import "../styles/chat.css";
import "../console/console.css";
import "../console/handover.css";
import { Console } from "../console/Console";
import { Http } from "../console/http";
import { consolePage, handed, signInAgain } from "../console/page";
import { ShiftDevices } from "../console/readiness";
import { Shift } from "../console/shift";
import { Talk } from "../console/talk";
import { wide } from "../console/wide";
import { Files } from "../files/files";
import { Call } from "../media/call";
import { Devices } from "../media/devices";
import { toChannel, toSession } from "../signaling/admission";
import { Relay } from "../signaling/relay";
import { drop, raise } from "../stage/curtain";
import { playersOf } from "../stage/players";
import { t } from "../texts";

const { root, page } = handed();
const devices = new ShiftDevices(new Devices(keptBlur()));

const shift: Shift = new Shift({
  http: new Http(page.csrf),
  deskRelay: new Relay({ admit: toChannel("desk", page.csrf) }),
  devices,
  openTalk: openTalk,
  notifyWords: { title: t("console.notify.title"), body: t("console.notify.body") },
  goTo: (session) => {
    const path = session === null ? "/console" : `/console/session/${session}`;
    history.replaceState(history.state, "", path + location.search);
  },
});

function openTalk(session: string, { prepare }: { readonly prepare: boolean }): Talk {
  // Once accepted the seat is no longer a preparing one: a new ticket is for the talk.
  const admit = () => toSession(session, { csrf: page.csrf, prepare: prepare && !talk.asked })();
  const relay = new Relay({ admit });
  const call = new Call({ relay, devices: devices.devices });
  playersOf(call.remote); // warm before the first frame
  const nowMs = () => Date.now() + shift.skewMs();
  const files = new Files({ relay, session, proof: { csrf: page.csrf }, scanned: page.scanned === true });
  const { remote } = call;
  const curtain = { raise: () => raise(remote, wide()), drop: () => drop(remote) };
  const talk: Talk = new Talk({ session, relay, call, files, devices: devices.devices, me: page.me, prepare, curtain, nowMs });
  talk.board.prefetch();
  return talk;
}

shift.link.state.watch(() => shift.link.state.get().signedOut && signInAgain());
shift.start(page.session ?? null);
window.addEventListener("pagehide", () => shift.stop());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
createRoot(root).render(<Console shift={shift} page={consolePage(page)} />);
