/** Handing a prospect on, over HTTP: who is free for it, doing it, and what was said by whoever did. */
import { readHanded, type Reason } from "./handed";
import type { Http } from "./http";
import { plain } from "./plain";

export const noteMaxChars = 1_000;

export interface Colleague {
  readonly account: string;
  readonly name: string;
  readonly title: string;
}

export interface Wanted {
  /** Null: whoever is free first, or, with another reason than "handed", the waiting room. */
  readonly to: Colleague | null;
  readonly reason: Reason;
  /** A code; null: it stays as it is. */
  readonly topic: string | null;
  readonly note: string;
}

/** What was given, and what the person is called who goes on. */
export interface Given extends Wanted {
  readonly name: string;
}

export interface Told {
  readonly by: string;
  readonly reason: Reason;
  readonly note: string;
}

export class Handovers {
  readonly #http: Http;
  #given: { readonly session: string; readonly given: Given } | null = null;

  constructor(http: Http) {
    this.#http = http;
  }

  async colleagues(): Promise<Colleague[]> {
    const { free } = (await this.#http.get("/api/colleagues")) as { free?: unknown };
    const found = Array.isArray(free) ? (free as Record<string, unknown>[]) : [];
    return found.map((one) => ({
      account: plain(one["account"], 32),
      name: plain(one["name"]),
      title: plain(one["title"]),
    }));
  }

  /** The talk is over once its log says so. Rejects with a Refusal whose words may be shown. */
  async give(session: string, { name, to, ...rest }: Given): Promise<void> {
    // The log may say so before this is answered.
    this.#given = { session, given: { name, to, ...rest } };
    try {
      await this.#http.post(`/api/sessions/${session}/handover`, { to: to?.account ?? null, ...rest });
    } catch (error) {
      this.#given = null;
      throw error;
    }
  }

  /** Whether this talk is over because it was given on from here. */
  given(session: string): Given | null {
    return this.#given?.session === session ? this.#given.given : null;
  }

  async told(session: string): Promise<Told> {
    const answer = (await this.#http.get(`/api/sessions/${session}/handover`)) as Record<string, unknown>;
    const handed = readHanded(answer);
    const note = typeof answer["note"] === "string" ? answer["note"].slice(0, noteMaxChars) : "";
    return { by: handed?.by ?? "", reason: handed?.reason ?? "handed", note };
  }
}
