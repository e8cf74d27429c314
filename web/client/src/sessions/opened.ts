/** An event after it was opened and checked: what the rest of the client sees. */
import type { Bodies } from "./bodies";
import type { KindName, Role } from "./events";

export interface OpenedOf<K extends KindName> {
  /** Position in the log; null in the passing lane. */
  readonly seq: number | null;
  readonly id: string;
  readonly sender: string;
  /** Who: the first half of `sender`. */
  readonly participant: string;
  /** Their role, where the roster says so. */
  readonly role?: Role;
  readonly kind: K;
  /** The server's clock, UTC milliseconds. */
  readonly at: number;
  readonly body: Bodies[K];
  /** Sent by this participant, on whatever connection. */
  readonly mine: boolean;
  /** On the channels desk and ops: the session it is about. */
  readonly session?: string;
}

export type Opened = { [K in KindName]: OpenedOf<K> }[KindName];
