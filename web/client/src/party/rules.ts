/** Who has a connection with whom, who offers it, and what it may take. Pure. */
import type { Share } from "../media/fitting";
import type { Role } from "../sessions/events";
import type { Person } from "../sessions/session";

interface Seated {
  readonly participant: string | null;
  readonly role: Role | null;
}

/** Whether there is a connection of the party's with `other`: a guest has one with everybody, the
 * two whose talk it is with guests alone. */
export function concerns(me: Seated | null, other: Person): boolean {
  if (me === null || other.participant === me.participant || other.left !== null || other.stage !== "seated") return false;
  return other.role === "guest" || (me.role === "guest" && (other.role === "prospect" || other.role === "advisor"));
}

const RANKS: { readonly [role in Role]?: number } = { prospect: 0, guest: 1, advisor: 2 };

/** Whether `me` gives way to `other`, and offers: of every two exactly one. */
export function polite(me: Seated, other: Seated): boolean {
  const [mine, theirs] = [me, other].map(({ role }) => (role === null ? 3 : (RANKS[role] ?? 3)));
  return mine === theirs ? (me.participant ?? "") < (other.participant ?? "") : (mine ?? 3) < (theirs ?? 3);
}

/** What a network at home carries up without trouble. */
const TOTAL_KBPS = 1_500;
const SMALL = 2;

/** Of `strands` connections the one to `other`; undefined: to the other of the two whose talk it is. Null
 * where there is no other. */
export function shareOf(strands: number, me: Person | undefined, other: Person | undefined): Share | null {
  if (strands < 2) return null;
  return { kbps: Math.floor(TOTAL_KBPS / strands), scale: isLarge(me, other) ? 1 : SMALL };
}

/** Whether `other` sees `me` large: the two whose talk it is see each other so, guests the advisor, and
 * everybody an interpreter. */
function isLarge(me: Person | undefined, other: Person | undefined): boolean {
  return other === undefined || me?.seat === "interpreter" || (me?.role === "advisor" && other.role === "guest");
}
