/** The door to the identity words on a page whose talk has just begun: fetches what agrees on them and
 * shows them. Small, because it comes with every call page. */
import type { Call } from "../media/call";
import type { Relay } from "../signaling/relay";
import type { Identity } from "./identity";

type Code = typeof import("./lazy");

export interface IdentityGate {
  readonly identity: Identity;
  readonly View: Code["IdentityButton"];
}

/** The first picture of a talk comes first. */
const AFTER_MS = 3_000;

/** Returns what ends it. */
export function identify(relay: Relay, call: Call, session: string, open: (gate: IdentityGate) => void): () => void {
  let identity: Identity | null = null;
  const later = async () => {
    const { Identity, IdentityButton } = await import("./lazy");
    if (timer === null) return;
    identity = new Identity({ relay, call, session });
    identity.start();
    open({ identity, View: IdentityButton });
  };
  // A talk without is a talk all the same.
  let timer: ReturnType<typeof setTimeout> | null = setTimeout(() => void later().catch(() => undefined), AFTER_MS);
  return () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    identity?.stop();
  };
}
