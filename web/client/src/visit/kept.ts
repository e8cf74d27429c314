/** What a guest's tab must still know after a reload: that it has knocked, and its proof. Kept in the
    history entry, which ends with the tab; no cookie and no storage (OB-26). */
import { put } from "../call/memory";
import type { GuestSeat } from "../sessions/bodies";
import type { Knocked } from "./knock";

interface Kept extends Knocked {
  invitation: string;
}

export function keepKnock(invitation: string, { token, seat }: Knocked): void {
  // The secret of the link is spent: nobody needs it any more.
  history.replaceState(history.state, "", location.pathname + location.search);
  put({ knock: { invitation, token, seat } });
}

export function forgetKnock(): void {
  put({ knock: null });
}

/** Null if this tab has not knocked at this invitation. */
export function keptKnock(invitation: string): Knocked | null {
  const { knock } = (history.state ?? {}) as { knock?: Partial<Kept> | null };
  if (typeof knock !== "object" || knock === null || knock.invitation !== invitation) return null;
  const seat: GuestSeat = knock.seat === "interpreter" ? "interpreter" : "guest";
  return typeof knock.token === "string" ? { token: knock.token, seat } : null;
}
