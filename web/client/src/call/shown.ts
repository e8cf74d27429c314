/** A screen was shown in this talk: said once, to the counters alone. What says so goes without
    cookie or token, so that nobody can tell which talk it was. It comes with the talk's own code. */
import { mayCount } from "./objection";

let said = false;

/** Once in the life of this page, unless that is objected to. Nobody waits for it. */
export function countScreen(): void {
  const headers = mayCount();
  if (said || !("May-Count" in headers)) return;
  said = true;
  void fetch("/api/screens", { method: "POST", headers, credentials: "omit", keepalive: true }).catch(() => undefined);
}
