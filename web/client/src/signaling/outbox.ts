/** What this page says and the log has not yet given back. It keeps order and ids; it does not
 * know how anything is sealed or sent. */
import type { Bodies } from "../sessions/bodies";
import type { KindName } from "../sessions/events";
import type { Unsent } from "./shelf";

/** The server said no, for good: `code` says why. */
export class RelayRefused extends Error {
  override name = "RelayRefused";
  readonly code: string;
  readonly field: string | null;

  constructor(code: string, field: string | null = null) {
    super(code);
    this.code = code;
    this.field = field;
  }
}

export interface Sent {
  readonly seq: number | null;
  readonly id: string;
}

/** A logged event on its way: "queued" here, "sent" once the server has it durably. */
export interface Pending {
  readonly id: string;
  readonly kind: KindName;
  readonly body: Bodies[KindName];
  readonly atMs: number;
  readonly state: "queued" | "sent";
}

interface Item extends Pending {
  state: "queued" | "sent";
  resolve(sent: Sent): void;
  reject(refused: RelayRefused): void;
}

export class Outbox {
  #items: Item[] = [];

  get pending(): readonly Pending[] {
    return this.#items.map(({ id, kind, body, atMs, state }) => ({ id, kind, body, atMs, state }));
  }

  /** The one event that may be in flight. */
  get first(): Pending | undefined {
    return this.#items[0];
  }

  add({ id, kind, body }: Unsent, atMs: number): Promise<Sent> {
    return new Promise((resolve, reject) => {
      this.#items.push({ id, kind, body, atMs, state: "queued", resolve, reject });
    });
  }

  /** These were said after all the others. */
  toBack(ids: readonly string[]): void {
    const late = (item: Item) => ids.includes(item.id);
    this.#items = [...this.#items.filter((item) => !late(item)), ...this.#items.filter(late)];
  }

  /** The server has it: whoever waits may go on. It stays until it comes back in its place. */
  acknowledged(id: string, seq: number | null): void {
    for (const item of this.#of(id)) {
      item.state = "sent";
      item.resolve({ id, seq });
    }
  }

  /** It came back: done. False if it is none of ours. */
  confirmed(id: string, seq: number | null): boolean {
    this.acknowledged(id, seq);
    return this.#drop(id);
  }

  refused(id: string, code: string, field: string | null): void {
    for (const item of this.#of(id)) item.reject(new RelayRefused(code, field));
    this.#drop(id);
  }

  /** Nothing more will be sent. */
  refuseAll(code: string): void {
    for (const item of this.#items.splice(0)) item.reject(new RelayRefused(code));
  }

  /** More than one where a reload says again what was said before it. */
  #of(id: string): Item[] {
    return this.#items.filter((item) => item.id === id);
  }

  #drop(id: string): boolean {
    const before = this.#items.length;
    this.#items = this.#items.filter((item) => item.id !== id);
    return this.#items.length < before;
  }
}
