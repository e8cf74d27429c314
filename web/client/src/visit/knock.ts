/** Asks to be let into a talk, and how that stands. Two names and the secret of the link, nothing else.
    Knows no form and no screen. */
import type { GuestSeat } from "../sessions/bodies";

export interface Names {
  first_name: string;
  last_name: string;
}

/** Whoever opened a link: the token proves that it was them. */
export interface Knocked {
  token: string;
  seat: GuestSeat;
}

export interface Fault {
  /** Stable code, for example "invitation.unknown". */
  code: string;
  /** The field it is about, if it is about one. */
  field: keyof Names | null;
  /** The server's sentence in the person's language; empty if it said none. */
  text: string;
}

export type Standing = { state: "asked" | "refused" | "over" } | { state: "admitted"; session: string };

const PATIENCE_MS = 10_000;

type Ask = typeof fetch;

interface Link {
  invitation: string;
  secret: string;
  /** The same until it is answered: a link is spent once, and an answer may get lost. */
  key: string;
}

export async function knock({ invitation, secret, key }: Link, names: Names, ask: Ask = (...given) => fetch(...given)): Promise<Knocked | Fault> {
  const answer = await post(`/api/invitations/${invitation}/knock`, { secret, ...names }, ask, { "Idempotency-Key": key });
  if (answer === null) return { code: "offline", field: null, text: "" };
  const { token, seat } = answer.body as Partial<Knocked>;
  if (answer.ok && typeof token === "string") return { token, seat: seat === "interpreter" ? "interpreter" : "guest" };
  return faultOf(answer.body);
}

/** Null where it cannot be said now: ask again. */
export async function standing(invitation: string, token: string, ask: Ask = (...given) => fetch(...given)): Promise<Standing | null> {
  const answer = await post(`/api/invitations/${invitation}/state`, { token }, ask);
  if (answer === null) return null;
  // Not known any more: the talk is over and what belonged to it is gone.
  if (answer.status === 404 || answer.status === 410) return { state: "over" };
  const { state, session } = answer.body as { state?: unknown; session?: unknown };
  if (!answer.ok) return null;
  if (state === "admitted" && typeof session === "string" && /^[0-9a-f]{32}$/.test(session)) return { state, session };
  return state === "asked" || state === "refused" || state === "over" ? { state } : null;
}

export function isKnocked(answer: Knocked | Fault): answer is Knocked {
  return "token" in answer;
}

/** What a link says: which invitation, and its secret, which stands after the # and is sent to nobody
    who does not have it. */
export function readLink({ pathname, hash }: Pick<Location, "pathname" | "hash">): { invitation: string; secret: string } {
  const [, invitation = ""] = /^\/join\/([0-9a-f]{32})$/.exec(pathname) ?? [];
  const [, secret = ""] = /^#([A-Za-z0-9_-]{20,100})$/.exec(hash) ?? [];
  return { invitation, secret };
}

/** What can be told without asking the server: a field without any letter in it. */
export function missing(names: Names): (keyof Names)[] {
  return (["first_name", "last_name"] as const).filter((field) => !/\p{L}/u.test(names[field]));
}

async function post(path: string, body: object, ask: Ask, more: Record<string, string> = {}): Promise<{ ok: boolean; status: number; body: object } | null> {
  try {
    const response = await ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", ...more },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said: unknown = await response.json().catch(() => null);
    return { ok: response.ok, status: response.status, body: typeof said === "object" && said !== null ? said : {} };
  } catch {
    return null;
  }
}

function faultOf(answer: object): Fault {
  const error = (answer as { error?: Partial<Fault> }).error ?? {};
  const field = error.field === "first_name" || error.field === "last_name" ? error.field : null;
  return {
    code: typeof error.code === "string" ? error.code : "bug",
    field,
    text: typeof error.text === "string" ? error.text : "",
  };
}
