/**
 * Requests of a signed-in page: same origin, JSON, the sign-in's CSRF token on what changes
 * something. It knows no route; a refusal comes back as an error with the server's code and words.
 */

/** The server said no. `text` is in the reader's language and may be shown. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, text: string) {
    super(text);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }
}

/** The sign-in is over: whoever catches this sends the person to the sign-in page. */
export function signedOut(error: unknown): boolean {
  return error instanceof Refusal && error.status === 401;
}

export type Fetch = typeof fetch;

export class Http {
  readonly #csrf: string;
  readonly #fetch: Fetch;

  constructor(csrf: string, fetcher: Fetch = (...args) => fetch(...args)) {
    this.#csrf = csrf;
    this.#fetch = fetcher;
  }

  get(path: string): Promise<unknown> {
    return this.#ask(path, { method: "GET" });
  }

  post(path: string, body: object = {}): Promise<unknown> {
    return this.#ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": this.#csrf },
      body: JSON.stringify(body),
    });
  }

  async #ask(path: string, request: RequestInit): Promise<unknown> {
    const answer = await this.#fetch(path, { ...request, credentials: "same-origin", redirect: "error" });
    const body: unknown = await answer.json().catch(() => null);
    if (answer.ok) return body;
    const error = (body as { error?: { code?: unknown; text?: unknown } } | null)?.error;
    throw new Refusal(
      answer.status,
      typeof error?.code === "string" ? error.code : "unknown",
      typeof error?.text === "string" ? error.text : "",
    );
  }
}
