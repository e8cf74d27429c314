/** Asks the server for an instant call. Two names, perhaps a topic, nothing else (OB-07).
    Knows no form and no screen; never tries twice with two keys what may have worked once. */

import { mayCount } from "./objection";

export interface Wanted {
  first_name: string;
  last_name: string;
  topic?: string;
  /** Whose page this is; none: the house. */
  agency?: string;
}

export interface Begun {
  session: string;
  /** Proves the seat where cookies are blocked; kept in memory only. */
  token: string;
}

export interface Fault {
  /** Stable code, for example "name.required". */
  code: string;
  /** The field it is about, if it is about one. */
  field: keyof Wanted | null;
  /** The server's sentence in the person's language; empty if it said none. */
  text: string;
}

/** What has proofs of work: see `prover.ts`. */
export interface Proofs {
  take(): Promise<string | null>;
  fresh(): Promise<string | null>;
}

const NO_PROOFS: Proofs = { take: async () => null, fresh: async () => null };
/** What a new proof mends, without anybody noticing more than a moment. */
const WANTS_PROOF: ReadonlySet<string> = new Set([
  "proof.needed",
  "proof.weak",
  "proof.expired",
  "proof.invalid",
  "request.spent",
]);
const ATTEMPTS = 3;
const PATIENCE_MS = 10_000;
/** A server that restarts says so, and is away for a moment: so long we ask again by ourselves. */
const RESTART_MS = 30_000;
/** Nobody there at all: that may be the moment between two processes. */
const ABSENT_MS = 15_000;
/** Or the browser knows that it has no network, which may pass as well. */
const OFFLINE_MS = 5_000;
const PAUSE_MS = 1_000;
const MAY_PASS: ReadonlySet<string> = new Set(["draining", "absent", "offline", "bug", "retry"]);
const FIELDS: ReadonlySet<string> = new Set(["first_name", "last_name", "topic"]);

export class Beginner {
  #fetch: typeof fetch;
  #pause: (ms: number) => Promise<unknown>;
  #proofs: Proofs;
  #edition: Record<string, string>;
  #key = "";
  #asked = "";
  /** The server knows a request by its proof, so a proof goes with its key. Undefined: none taken yet. */
  #proof: string | null | undefined;

  constructor(
    ask: typeof fetch = (...given) => fetch(...given),
    pause = (ms: number): Promise<unknown> => new Promise((over) => setTimeout(over, ms)),
    proofs: Proofs = NO_PROOFS,
    /** Of the notices that the page shows. */
    edition = "",
  ) {
    this.#edition = edition ? { "Notices-Edition": edition } : {};
    this.#fetch = ask;
    this.#pause = pause;
    this.#proofs = proofs;
  }

  /** One call, however often it is pressed: the same wish keeps its key until it is answered. */
  async begin(wanted: Wanted): Promise<Begun | Fault> {
    const body = JSON.stringify(wanted);
    if (body !== this.#asked) {
      this.#asked = body;
      this.#renew(undefined);
    }
    if (this.#proof === undefined) this.#proof = await this.#proofs.take();
    let answer = await this.#askPatiently(body);
    for (let attempt = 1; attempt < ATTEMPTS && !isBegun(answer) && WANTS_PROOF.has(answer.code); attempt += 1) {
      const proof = await this.#proofs.fresh();
      if (proof === null) break;
      this.#renew(proof);
      answer = await this.#askPatiently(body);
    }
    return answer;
  }

  #renew(proof: string | undefined): void {
    this.#key = crypto.randomUUID();
    this.#proof = proof;
  }

  async #askPatiently(body: string): Promise<Begun | Fault> {
    let patience = 0;
    for (let waited = 0; ; waited += PAUSE_MS) {
      const answer = await this.#ask(body);
      if (isBegun(answer)) return answer;
      if (answer.code === "draining") patience = RESTART_MS;
      if (answer.code === "absent") patience = Math.max(patience, navigator.onLine === false ? OFFLINE_MS : ABSENT_MS);
      if (waited >= patience || !MAY_PASS.has(answer.code)) return answer;
      await this.#pause(PAUSE_MS);
    }
  }

  async #ask(body: string): Promise<Begun | Fault> {
    const proof: Record<string, string> = this.#proof ? { "Proof-Of-Work": this.#proof } : {};
    try {
      const response = await this.#fetch("/api/calls", {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          "Idempotency-Key": this.#key,
          ...this.#edition,
          ...proof,
          ...mayCount(),
        },
        body,
        cache: "no-store",
        credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const answer: unknown = await response.json().catch(() => null);
      if (response.ok && isBegun(answer)) return answer;
      return faultOf(answer);
    } catch (error) {
      // A connection that fails is a TypeError (Fetch, 5.6); one that hangs ends in a TimeoutError.
      return { code: error instanceof TypeError ? "absent" : "offline", field: null, text: "" };
    }
  }
}

export function isBegun(answer: unknown): answer is Begun {
  const { session, token } = (answer ?? {}) as Partial<Begun>;
  return typeof session === "string" && /^[0-9a-f]{32}$/.test(session) && typeof token === "string";
}

/** What can be told without asking the server: a field without any letter in it. */
export function missing(wanted: Wanted): (keyof Wanted)[] {
  return (["first_name", "last_name"] as const).filter((field) => !/\p{L}/u.test(wanted[field]));
}

function faultOf(answer: unknown): Fault {
  const error = ((answer ?? {}) as { error?: Partial<Fault> }).error ?? {};
  const field = typeof error.field === "string" && FIELDS.has(error.field) ? error.field : null;
  return {
    code: typeof error.code === "string" ? error.code : "bug",
    field,
    text: typeof error.text === "string" ? error.text : "",
  };
}
