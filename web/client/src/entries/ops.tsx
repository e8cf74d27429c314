/** The ops board's page. */
import { createRoot } from "react-dom/client";
import "../styles/base.css";
import "../styles/signedin.css";
import "../ops/ops.css";
import { Http } from "../console/http";
import { handed, signInAgain } from "../console/page";
import { BoardLink } from "../ops/boardLink";
import { OpsBoard } from "../ops/OpsBoard";
import { toChannel } from "../signaling/admission";
import { Relay } from "../signaling/relay";

const { root, page } = handed();
const link = new BoardLink({
  http: new Http(page.csrf),
  relay: new Relay({ admit: toChannel("ops", page.csrf) }),
});
link.state.watch(() => link.state.get().signedOut && signInAgain());
link.start();
window.addEventListener("pagehide", () => link.stop());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
createRoot(root).render(<OpsBoard link={link} company={page.company} csrf={page.csrf} />);
