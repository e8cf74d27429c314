/** Turns a page into the call: makes the room and draws it into `#app`. */
import "../styles/base.css";
import "../styles/call.css";
import "../styles/chat.css";
import "../styles/stage.css";
import { createRoot } from "react-dom/client";
import type { Page } from "../page";
import type { Begun } from "./begin";
import { CallApp } from "./CallApp";
import { type Onward, Room } from "./room";

/** `begun` comes from the form on this very page; a loaded call page has only its seat's cookie. */
export function mountCall(page: Page, begun: Begun | { session: string }): void {
  const root = createRoot(page.element);
  const enter = (begun: Onward | Begun | { session: string }) => {
    const room = new Room({
      ...begun,
      company: String(page.data["company"] ?? ""),
      language: page.language,
      scanned: page.data["scanned"] === true,
      checkup: page.data["checkup"] === true,
      home: page.data["agency"] ? `/a/${page.data["agency"]}` : "/",
      next: enter,
    });
    // Another language must lead back into this call, not to the form it began with.
    for (const link of document.querySelectorAll<HTMLAnchorElement>(".languages a")) {
      link.pathname = location.pathname;
    }
    root.render(<CallApp key={begun.session} room={room} />);
    room.start();
    if ("on" in begun && begun.on) room.allow(begun.on);
  };
  document.body.classList.replace("page-start", "page-call");
  enter(begun);
  // Out of the browser's memory a page comes back without its connections.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}
