/** The chat of a session as its events tell it: a fold, nothing else. It does not know how events
 * arrive or how lines look. */
import type { Opened, OpenedOf } from "../sessions/opened";

export interface Message {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  readonly participant: string;
  readonly mine: boolean;
  readonly text: string;
}

/** Something that happened between the messages. */
export interface Note {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  readonly what: "joined" | "left" | "accepted" | "ended";
  /** Whom it is about; for "ended", who ended it. */
  readonly participant: string;
}

export interface Chat {
  readonly messages: readonly Message[];
  readonly notes: readonly Note[];
  /** How far the others have got, by participant; guests do not count. */
  readonly reads: Readonly<Record<string, { readonly received: number; readonly seen: number }>>;
  /** Who is typing, and until when to believe it (this page's clock). */
  readonly typing: Readonly<Record<string, number>>;
  /** The last logged event that was taken. */
  readonly seq: number;
}

export const NEW_CHAT: Chat = { messages: [], notes: [], reads: {}, typing: {}, seq: 0 };
/** Typing is repeated every few seconds; silence means that it stopped. */
export const TYPING_MS = 6_000;

/** The chat after `event`. What was taken before changes nothing. */
export function applyToChat(chat: Chat, event: Opened, nowMs: number): Chat {
  const quiet = event.kind === "chat.message" ? without(chat, event.participant) : chat;
  if (event.seq !== null) {
    return event.seq <= chat.seq ? quiet : { ...applyLogged(quiet, event), seq: event.seq };
  }
  if (event.mine) return chat;
  if (event.kind === "chat.typing") return applyTyping(chat, event, nowMs);
  // Whoever is told "seen" takes it for the other of the two whose talk it is.
  if (event.kind === "chat.read" && event.role !== "guest") return applyRead(chat, event);
  return chat;
}

function applyLogged(chat: Chat, event: Opened): Chat {
  const { id, at, participant, mine } = event;
  const seq = event.seq ?? 0;
  const note = (what: Note["what"], about: string) => ({
    ...chat,
    notes: [...chat.notes, { id, seq, at, what, participant: about }],
  });
  switch (event.kind) {
    case "chat.message":
      return { ...chat, messages: [...chat.messages, { id, seq, at, participant, mine, text: event.body.text }] };
    case "participant.joined":
      return event.body.stage === "seated" ? note("joined", event.body.participant) : chat;
    case "participant.left":
      return note("left", event.body.participant);
    case "session.accepted":
      return note("accepted", participant);
    case "session.ended":
      return note("ended", participant);
    default:
      return chat;
  }
}

function applyTyping(chat: Chat, { participant, body }: OpenedOf<"chat.typing">, nowMs: number): Chat {
  if (!body.on) return without(chat, participant);
  return { ...chat, typing: { ...chat.typing, [participant]: nowMs + TYPING_MS } };
}

function without(chat: Chat, participant: string): Chat {
  if (!(participant in chat.typing)) return chat;
  const { [participant]: _, ...typing } = chat.typing;
  return { ...chat, typing };
}

function applyRead(chat: Chat, { participant, body }: OpenedOf<"chat.read">): Chat {
  const known = chat.reads[participant] ?? { received: 0, seen: 0 };
  const received = Math.max(known.received, body.received, body.seen);
  const seen = Math.max(known.seen, body.seen);
  return { ...chat, reads: { ...chat.reads, [participant]: { received, seen } } };
}

/** How far one's own message got, for the one who got furthest. */
export function deliveryOf(chat: Chat, seq: number): "sent" | "received" | "seen" {
  const reads = Object.values(chat.reads);
  if (reads.some(({ seen }) => seen >= seq)) return "seen";
  return reads.some(({ received }) => received >= seq) ? "received" : "sent";
}

/** Who is typing now. */
export function typingNow(chat: Chat, nowMs: number): string[] {
  return Object.keys(chat.typing).filter((participant) => (chat.typing[participant] ?? 0) > nowMs);
}

/** Messages of others after `seen`. */
export function unreadAfter(chat: Chat, seen: number): number {
  return chat.messages.filter((message) => !message.mine && message.seq > seen).length;
}

/** Whether a line at `at` begins another day than the one before it, on this page's calendar. */
export function beginsDay(before: number | null, at: number): boolean {
  return before === null || new Date(before).toDateString() !== new Date(at).toDateString();
}
