/** How a page gets the ticket for one connection, over HTTP, and why it may not.
 * It does not know what the connection is used for, and keeps nothing. */
import { fromBase64, type Bytes } from "../sessions/envelope";
import type { Bodies } from "../sessions/bodies";
import type { Role, State } from "../sessions/events";

export interface Admission {
  readonly ticket: string;
  /** Keeps the connections of one session on one node, for whoever balances the load. */
  readonly affinity: string | null;
  /** A session's id, or the channel "desk" or "ops". */
  readonly session: string;
  readonly participant: string | null;
  readonly role: Role | null;
  readonly state: State | null;
  readonly epoch: number;
  /** Null on a channel without sealed events, and once the session was erased. */
  readonly contentKey: Bytes | null;
  readonly logEpoch: string | null;
  readonly iceServers: RTCIceServer[];
  readonly icePolicy: RTCIceTransportPolicy;
  readonly me: { readonly name: string; readonly title: string };
  readonly position: number | null;
  /** Of a guest: the log up to here is not told to them. */
  readonly since: number;
  /** Who sat there by then. */
  readonly people: readonly Bodies["participant.joined"][];
}

/** Not admitted, with the server's code and sentence. Nothing that trying again would change. */
export class AdmissionRefused extends Error {
  override name = "AdmissionRefused";
  readonly status: number;
  readonly code: string;
  readonly text: string;

  constructor(status: number, code: string, text: string) {
    super(code);
    this.status = status;
    this.code = code;
    this.text = text;
  }
}

/** Not answered, or asked to wait: trying again later makes sense. */
export class NotNow extends Error {
  override name = "NotNow";
  readonly retryMs: number | null;

  constructor(retryMs: number | null) {
    super("not now");
    this.retryMs = retryMs;
  }
}

export interface Proof {
  /** Of someone signed in. */
  readonly csrf?: string;
  /** Of a prospect who has no cookie. */
  readonly token?: string;
  /** Take an advisor's seat without being seen to answer. */
  readonly prepare?: boolean;
}

const PATIENCE_MS = 8_000;

/** What a request for something of a session carries beside the cookie. */
export function headersOf({ csrf, token }: Proof): Record<string, string> {
  return {
    ...(csrf === undefined ? {} : { "X-CSRF-Token": csrf }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
}

export function toSession(session: string, { prepare, ...proof }: Proof = {}): () => Promise<Admission> {
  const headers = headersOf(proof);
  const body = prepare === undefined ? {} : { prepare };
  return async () => read(session, await post(`/api/sessions/${session}/join`, body, headers));
}

export function toChannel(channel: "desk" | "ops", csrf: string): () => Promise<Admission> {
  return async () => read(channel, await post("/api/tickets", { channel }, { "X-CSRF-Token": csrf }));
}

interface Answer {
  ticket: string;
  affinity?: string;
  participant?: string;
  role?: Role;
  state?: State;
  epoch?: number;
  content_key?: string | null;
  log_epoch?: string;
  ice_servers?: RTCIceServer[];
  ice_policy?: RTCIceTransportPolicy;
  me?: { name: string; title: string };
  position?: number | null;
  since?: number;
  people?: Bodies["participant.joined"][];
}

function read(session: string, answer: Answer): Admission {
  return {
    session,
    ticket: answer.ticket,
    affinity: answer.affinity ?? null,
    participant: answer.participant ?? null,
    role: answer.role ?? null,
    state: answer.state ?? null,
    epoch: answer.epoch ?? 0,
    contentKey: answer.content_key ? fromBase64(answer.content_key) : null,
    logEpoch: answer.log_epoch ?? null,
    iceServers: answer.ice_servers ?? [],
    icePolicy: answer.ice_policy ?? "all",
    me: answer.me ?? { name: "", title: "" },
    position: answer.position ?? null,
    since: answer.since ?? 0,
    people: answer.people ?? [],
  };
}

async function post(path: string, body: object, headers: Record<string, string>): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.ok) return (await response.json()) as Answer;
  } catch {
    throw new NotNow(null);
  }
  throw await refusal(response);
}

async function refusal(response: Response): Promise<Error> {
  const said = (await response.json().catch(() => ({}))) as {
    error?: { code?: string; text?: string; retry_s?: number };
  };
  const { code = "unknown", text = "", retry_s: retryS } = said.error ?? {};
  if (response.status === 429 || response.status === 408 || response.status >= 500) {
    return new NotNow(retryS === undefined ? null : retryS * 1000);
  }
  return new AdmissionRefused(response.status, code, text);
}
