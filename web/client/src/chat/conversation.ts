/** The chat of one session, live: what there is to show, and what this person says and reads.
 * It does not know React, nor how anything travels. */
import { randomHex } from "../sessions/envelope";
import type { Opened } from "../sessions/opened";
import { applyToSession, find, NEW_SESSION, type Session } from "../sessions/session";
import { Listeners } from "../signaling/listeners";
import { RelayRefused, type Relay } from "../signaling/relay";
import { applyToChat, deliveryOf, NEW_CHAT, typingNow, TYPING_MS, unreadAfter, type Chat } from "./chat";
import type { ChatLine } from "./ChatPane";

export interface ChatState {
  readonly lines: readonly ChatLine[];
  /** Names. */
  readonly typing: readonly string[];
  readonly unread: number;
}

/** Typing is said again while it goes on, well before others stop believing it. */
const TYPING_AGAIN_MS = TYPING_MS / 2;
/** What happens in between is shown at once: a replay of a thousand messages is a few pictures. */
const SHOW_MS = 16;
/** Receipts are gathered: a replay of a thousand messages is one receipt. */
const RECEIPT_MS = 250;

export class Conversation {
  readonly #relay: Relay;
  readonly #listeners = new Listeners<{ [name: string]: unknown[]; change: [state: ChatState] }>();
  #chat: Chat = NEW_CHAT;
  #session: Session = NEW_SESSION;
  #failed: { id: string; text: string }[] = [];
  #seen = 0;
  #typedAt = 0;
  #offs: (() => void)[] = [];
  /** What there is to show; null where something happened since it was put together. */
  #state: ChatState | null = { lines: [], typing: [], unread: 0 };
  #receipt: ReturnType<typeof setTimeout> | undefined;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  get state(): ChatState {
    this.#state ??= {
      lines: this.#lines(),
      typing: typingNow(this.#chat, Date.now()).map((participant) => this.#name(participant)),
      unread: unreadAfter(this.#chat, this.#seen),
    };
    return this.#state;
  }

  on(_name: "change", heard: (state: ChatState) => void): () => void {
    return this.#listeners.on("change", heard);
  }

  /** Begin; before `relay.start()`, so that nothing is missed. Returns what ends it. */
  start(): () => void {
    this.#offs = [
      this.#relay.on("event", (event) => this.#hear(event)),
      this.#relay.on("pending", () => this.#show()),
      this.#relay.on("joined", () => this.#tellRead()),
      this.#relay.on("reset", () => this.#forget()),
    ];
    return () => this.stop();
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off();
    clearTimeout(this.#receipt);
    clearTimeout(this.#quiet);
    clearTimeout(this.#showing);
    this.#showing = undefined;
  }

  say(text: string): void {
    this.#typedAt = 0;
    this.#relay.send("chat.message", { text }).catch((error: unknown) => {
      if (error instanceof RelayRefused && error.code === "closed") return;
      this.#failed.push({ id: randomHex(32), text });
      this.#show();
    });
  }

  /** Say once more what was refused. */
  retry(id: string): void {
    const again = this.#failed.find((line) => line.id === id);
    if (again === undefined) return;
    this.#failed = this.#failed.filter((line) => line !== again);
    this.say(again.text);
    this.#show();
  }

  type(on: boolean): void {
    const now = Date.now();
    if (on ? now - this.#typedAt < TYPING_AGAIN_MS : this.#typedAt === 0) return;
    this.#typedAt = on ? now : 0;
    void this.#relay.send("chat.typing", { on });
  }

  /** Everything there is was on the screen. */
  see(): void {
    const last = this.#chat.messages.at(-1)?.seq ?? 0;
    if (last <= this.#seen) return;
    this.#seen = last;
    this.#show();
    this.#tellRead();
  }

  #hear(event: Opened): void {
    this.#session = applyToSession(this.#session, event);
    const before = this.#chat;
    this.#chat = applyToChat(before, event, Date.now());
    // Who comes back has forgotten how far the others got.
    const back = event.kind === "call.hello" || (event.kind === "presence.changed" && event.body.present);
    if ((event.kind === "chat.message" || back) && !event.mine) this.#tellRead();
    if (this.#chat !== before) this.#show();
  }

  #tellRead(): void {
    if (this.#receipt !== undefined || !this.#chat.messages.some((message) => !message.mine)) return;
    this.#receipt = setTimeout(() => {
      this.#receipt = undefined;
      const received = this.#chat.messages.at(-1)?.seq ?? 0;
      void this.#relay.send("chat.read", { received, seen: this.#seen });
    }, RECEIPT_MS);
  }

  #forget(): void {
    this.#chat = NEW_CHAT;
    this.#session = NEW_SESSION;
    this.#seen = 0;
    this.#show();
  }

  #show(): void {
    this.#state = null;
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      this.#listeners.tell("change", this.state);
      this.#untilQuiet();
    }, SHOW_MS);
  }

  /** Show once more when the next of those who type is no longer believed. */
  #untilQuiet(): void {
    const now = Date.now();
    clearTimeout(this.#quiet);
    const ends = Math.min(...Object.values(this.#chat.typing).filter((end) => end > now));
    if (Number.isFinite(ends)) this.#quiet = setTimeout(() => this.#show(), ends - now + 10);
  }

  #lines(): ChatLine[] {
    const said = this.#chat.messages.map(({ id, mine, participant, text, at, seq }): ChatLine => {
      const delivery = mine ? deliveryOf(this.#chat, seq) : "sent";
      return { id, own: mine, author: this.#name(participant), text, at, delivery };
    });
    const known = new Set(said.map((line) => line.id));
    const own = { own: true, author: this.#relay.admission?.me.name ?? "", at: null };
    for (const { id, kind, body, state } of this.#relay.pending) {
      if (kind !== "chat.message" || known.has(id) || !("text" in body)) continue;
      said.push({ id, ...own, text: body.text, delivery: state === "sent" ? "sent" : "sending" });
    }
    return [...said, ...this.#failed.map((line): ChatLine => ({ ...line, ...own, delivery: "failed" }))];
  }

  #name(participant: string): string {
    return find(this.#session, participant)?.name ?? "";
  }
}
