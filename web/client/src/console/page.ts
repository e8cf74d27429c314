/** What the server handed to this page: who is signed in, the topics, the session in the address. */
import { readTerms, type Terms } from "../call/topic";
import { pageOf } from "../page";

export interface Me {
  readonly name: string;
  readonly title: string;
}

export interface SignedInPage {
  readonly lang: string;
  readonly company: string;
  readonly csrf: string;
  readonly me: Me;
}

export interface ConsolePage extends SignedInPage {
  readonly session: string | null;
  readonly topics: readonly { readonly code: string; readonly name: string }[];
  readonly topicName: (code: string) => string;
  /** Null where nobody is recorded. */
  readonly recording: Terms | null;
  /** How long whoever is barred starts no call; 0: nobody is. */
  readonly barMinutes: number;
  /** Whoever is signed in leads the team. */
  readonly leads: boolean;
}

export interface Handed extends SignedInPage {
  readonly session?: string | null;
  /** A scanner looks at files. */
  readonly scanned?: boolean;
  readonly recording?: unknown;
  readonly leads?: boolean;
  readonly bar_minutes?: number;
  readonly topics?: readonly { readonly code: string; readonly name: string }[];
}

/** Reads the page once, and takes its words. */
export function handed(): { root: HTMLElement; page: Handed } {
  const { element, data } = pageOf();
  return { root: element, page: data as unknown as Handed };
}

export function consolePage(handed: Handed): ConsolePage {
  const names = new Map((handed.topics ?? []).map((topic) => [topic.code, topic.name]));
  return {
    ...handed,
    session: handed.session ?? null,
    topics: handed.topics ?? [],
    recording: readTerms(handed.recording),
    barMinutes: handed.bar_minutes ?? 0,
    leads: handed.leads === true,
    topicName: (code) => names.get(code) ?? code,
  };
}

/** The sign-in is over: on to its page, and back here afterwards. */
export function signInAgain(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
}
