/** Asks the server for an instant call. Two names, perhaps a topic, nothing else (OB-07).
    Knows no form and no screen; never tries twice with two keys what may have worked once. */

export interface Wanted {
  first_name: string;
  last_name: string;
  topic?: string;
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

const PATIENCE_MS = 10_000;
const FIELDS: ReadonlySet<string> = new Set(["first_name", "last_name", "topic"]);

export class Beginner {
  #fetch: typeof fetch;
  #key = "";
  #asked = "";

  constructor(ask: typeof fetch = (...given) => fetch(...given)) {
    this.#fetch = ask;
  }

  /** One call, however often it is pressed: the same wish keeps its key until it is answered. */
  async begin(wanted: Wanted): Promise<Begun | Fault> {
    const body = JSON.stringify(wanted);
    if (body !== this.#asked) {
      this.#asked = body;
      this.#key = crypto.randomUUID();
    }
    try {
      const response = await this.#fetch("/api/calls", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": this.#key },
        body,
        cache: "no-store",
        credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const answer: unknown = await response.json().catch(() => null);
      if (response.ok && isBegun(answer)) return answer;
      return faultOf(answer);
    } catch {
      return { code: "offline", field: null, text: "" };
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
