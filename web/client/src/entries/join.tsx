/** The page behind an invitation: someone comes to a talk as a guest. */
import "../styles/base.css";
import "../styles/call.css";
import "../styles/chat.css";
import "../styles/stage.css";
import "../styles/visit.css";
import { createRoot } from "react-dom/client";
import { pageOf } from "../page";
import { Visit } from "../visit/visit";
import { VisitApp } from "../visit/VisitApp";

const page = pageOf();
const company = String(page.data["company"] ?? "");
const visit = new Visit({ company, language: page.language, scanned: page.data["scanned"] === true });
// Another language keeps the link, whose secret stands behind the #.
for (const link of document.querySelectorAll<HTMLAnchorElement>(".languages a")) link.hash = location.hash;
createRoot(page.element).render(<VisitApp visit={visit} />);
visit.start();
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
