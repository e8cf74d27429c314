/** The wire: the part of socket.io-client that we use, and the four words spoken over it.
 * It does not know what the words mean. */
import { io } from "socket.io-client";

/** One attempt at one connection. Of socket.io-client's shape, so that a test can play a network. */
export interface Wire {
  on(event: "connect" | "connect_error", heard: () => void): unknown;
  /** With the code of RFC 6455 that it was closed with, where there was one. */
  on(event: "disconnect", heard: (code?: number) => void): unknown;
  on(event: "event", heard: (frame: unknown) => void): unknown;
  emit(word: "join" | "send" | "leave", argument: object, answered?: (answer: unknown) => void): unknown;
  /** Ends the connection; nothing is heard from it any more. */
  close(): void;
}

/** `affinity` stands in the URL, for whoever balances the load. */
export type OpenWire = (url?: string, affinity?: string | null) => Wire;

export const openWire: OpenWire = (url = location.origin, affinity = null) => {
  const socket = io(url, {
    transports: ["websocket"],
    ...(affinity === null ? {} : { query: { affinity } }),
    // Resuming is ours: a fresh ticket, and the log after the last seq.
    reconnection: false,
    forceNew: true,
    timeout: 5_000,
  });
  return {
    on: (event: string, heard: (fact: never) => void) =>
      socket.on(event, (fact: unknown, more?: { context?: { code?: number } }) =>
        heard((event === "disconnect" ? more?.context?.code : fact) as never),
      ),
    emit: (word, argument, answered) =>
      answered === undefined ? socket.emit(word, argument) : socket.emit(word, argument, answered),
    close: () => {
      socket.off();
      socket.disconnect();
    },
  };
};

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
