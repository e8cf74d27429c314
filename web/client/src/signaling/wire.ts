/** The wire: as much of Socket.IO 5 over Engine.IO 4 as our server speaks, and the four words over it.
 * It does not know what the words mean, and does not come back by itself. */

/** One attempt at one connection. Each event has one listener. */
export interface Wire {
  on(event: "connect", heard: () => void): unknown;
  /** It did not come about, or has ended: with the code of RFC 6455, where one was heard. */
  on(event: "disconnect", heard: (code?: number) => void): unknown;
  on(event: "event", heard: (frame: unknown) => void): unknown;
  /** Now or never: what is said before "connect" or after the end is not sent. */
  emit(word: "join" | "send" | "leave", argument: object, answered?: (answer: unknown) => void): unknown;
  /** Ends the connection; nothing is heard from it any more. */
  close(): void;
}

/** `affinity` stands in the URL, for whoever balances the load. */
export type OpenWire = (url?: string, affinity?: string | null) => Wire;

const CONNECT_MS = 5_000;
/** Twice what the largest event comes to. */
const MAX_CHARACTERS = 131_072;

export const openWire: OpenWire = (url = location.origin, affinity = null) => {
  const socket = new WebSocket(address(url, affinity));
  const ears: Record<string, (fact: never) => void> = {};
  const answers = new Map<string, (answer: unknown) => void>();
  let stage: "opening" | "greeting" | "open" | "over" = "opening";
  let calls = 0;

  const tell = (event: string, fact?: unknown) => ears[event]?.(fact as never);
  const end = (code?: number) => {
    if (stage === "over") return;
    stage = "over";
    clearTimeout(deadline);
    socket.close();
    tell("disconnect", code);
  };
  // Whether anybody hears us later is asked by whoever uses the wire: a ping would not tell.
  const deadline = setTimeout(() => end(), CONNECT_MS);

  /** False for what our server could not say now, and for its goodbye. */
  const take = ({ type, call, fact }: Packet): boolean => {
    switch (`${stage} ${type}`) {
      case "opening 0":
        stage = "greeting";
        socket.send("40");
        return true;
      case "greeting 40":
        stage = "open";
        clearTimeout(deadline);
        tell("connect");
        return true;
      case "greeting 2":
      case "open 2":
        socket.send("3");
        return true;
      case "open 42":
        tell("event", fact);
        return true;
      case "open 43": {
        const answered = answers.get(call);
        answers.delete(call);
        answered?.(fact);
        return answered !== undefined;
      }
      default:
        return false;
    }
  };
  socket.addEventListener("message", ({ data }) => {
    const packet = stage === "over" ? null : parse(data);
    if (packet === null || !take(packet)) end();
  });
  socket.addEventListener("close", ({ code }) => end(code));

  return {
    on: (event: string, heard: (fact: never) => void) => (ears[event] = heard),
    emit: (word, argument, answered) => {
      if (stage !== "open") return;
      const call = answered === undefined ? "" : String(calls++);
      if (answered !== undefined) answers.set(call, answered);
      socket.send(`42${call}${JSON.stringify([word, argument])}`);
    },
    close: () => {
      delete ears["disconnect"];
      end();
    },
  };
};

function address(url: string, affinity: string | null): URL {
  const at = new URL("/socket.io/?EIO=4&transport=websocket", url);
  at.protocol = at.protocol.replace("http", "ws");
  if (affinity !== null) at.searchParams.set("affinity", affinity);
  return at;
}

interface Packet {
  /** 0 opened, 40 connected, 2 ping, 41 goodbye, 42 event, 43 answer. */
  readonly type: string;
  /** Number of the call that is answered. */
  readonly call: string;
  readonly fact?: unknown;
}

const PACKET = /^(2$|41$|0(?={)|40(?={)|42(?=\[)|43(?=\d{1,10}\[))(\d*)/;

/** Null for what our server could never say. */
function parse(message: unknown): Packet | null {
  if (typeof message !== "string" || message.length > MAX_CHARACTERS) return null;
  const [head = "", type, call = ""] = PACKET.exec(message) ?? [];
  if (type === undefined) return null;
  try {
    const content: unknown = JSON.parse(message.slice(head.length) || "{}");
    if (!Array.isArray(content)) return { type, call };
    const fact: unknown = content.pop();
    const fits = JSON.stringify(content) === (type === "42" ? '["event"]' : "[]");
    return fits && typeof fact === "object" && fact !== null && !Array.isArray(fact) ? { type, call, fact } : null;
  } catch {
    return null;
  }
}

/** An event on its way down. */
export interface Frame {
  readonly seq: number | null;
  readonly id: string;
  readonly sender: string;
  readonly kind: string;
  readonly at: number;
  readonly epoch?: number;
  readonly sealed?: string;
  readonly body?: unknown;
  readonly session?: string;
}

export interface JoinAnswer {
  readonly ok: boolean;
  readonly code?: string;
  readonly retry_ms?: number;
  readonly sender: string | null;
  readonly participant: string | null;
  readonly role: string;
  readonly state: string | null;
  readonly seq: number;
  readonly log_epoch: string | null;
  readonly roster: readonly unknown[];
  readonly reload?: boolean;
  /** Another page of this participant is connected. */
  readonly elsewhere?: boolean;
}

export interface SendAnswer {
  readonly ok: boolean;
  readonly seq?: number | null;
  readonly code?: string;
  readonly field?: string;
  readonly retry_ms?: number;
}
