/** From frames to opened events: in order, once, checked. It does not know connections; it is told
 * what they bring, and says when something is missing. */
import { fits } from "../sessions/bodies";
import { fromBase64, open, sha256, Unreadable, type Bytes, type ContentKey, type Header, type Plain } from "../sessions/envelope";
import { KINDS, SERVER, type KindName, type Role } from "../sessions/events";
import type { Opened } from "../sessions/opened";
import { Chains } from "./chains";
import type { Frame } from "./wire";

/** Why an event cannot be trusted; "order": the sender's chain is broken. */
export type Doubt = "unreadable" | "order" | "body" | "sender" | "frame";

export interface Trouble {
  readonly reason: Doubt;
  readonly seq: number | null;
  readonly sender: string;
  readonly kind: string;
}

interface Ears {
  opened(event: Opened): void;
  doubt(trouble: Trouble): void;
  /** A logged event is missing: join again after `inbox.seq`. */
  gap(): void;
}

export class Inbox {
  chains = new Chains();
  readonly roles = new Map<string, Role>();
  /** The last logged event that was applied. */
  seq = 0;
  #since = 0;
  session = "";
  me: string | null = null;
  #ears: Ears;
  #keys = new Map<number, ContentKey>();
  #turn: Promise<void> = Promise.resolve();
  #connection = 0;

  constructor(ears: Ears) {
    this.#ears = ears;
  }

  addKey(epoch: number, key: ContentKey): void {
    this.#keys.set(epoch, key);
  }

  key(epoch: number): ContentKey | undefined {
    return this.#keys.get(epoch);
  }

  /** A new connection: what the old one brought and was not yet opened will come again. */
  renew(): void {
    this.#connection += 1;
  }

  /** The log begins after this for us: of what was said before, we hear nothing. */
  begin(since: number): void {
    this.#since = since;
    this.chains.midway = since > 0;
    this.seq = Math.max(this.seq, since);
  }

  /** Another log: it is told again from the first event. */
  forget(): void {
    this.chains = new Chains();
    this.seq = 0;
    this.begin(this.#since);
  }

  /** Take what came. Opening takes time, so each event waits for those before it. */
  take(frame: unknown): void {
    const connection = this.#connection;
    this.#turn = this.#after(this.#turn, frame, () => connection === this.#connection);
  }

  async #after(turn: Promise<void>, frame: unknown, current: () => boolean): Promise<void> {
    await turn;
    if (!current()) return;
    if (isFrame(frame)) await this.#apply(frame, current);
    else this.#ears.doubt({ reason: "frame", seq: null, sender: "", kind: "" });
  }

  async #apply(frame: Frame, current: () => boolean): Promise<void> {
    if (frame.seq !== null && frame.seq <= this.seq) return;
    if (frame.seq !== null && frame.seq > this.seq + 1) {
      this.renew();
      this.#ears.gap();
      return;
    }
    const result = await this.#open(frame);
    if (!current()) return;
    const trusted = typeof result === "string" ? null : result;
    if (frame.seq !== null) await this.#extend(frame, trusted?.plain ?? null);
    else if (trusted?.plain && !this.chains.first(frame.sender, trusted.plain.counter)) return;
    if (!current()) return;
    if (frame.seq !== null) this.seq = frame.seq;
    if (trusted) this.#ears.opened(trusted.event);
    else this.#doubt(frame, result as Doubt);
  }

  async #open(frame: Frame): Promise<{ event: Opened; plain?: Plain } | Doubt> {
    if (!Object.hasOwn(KINDS, frame.kind)) return "frame";
    const { lane, clear } = KINDS[frame.kind as KindName];
    if ((lane === "passing") !== (frame.seq === null)) return "frame";
    if (clear) return this.#judge(frame, frame.body);
    const key = this.#keys.get(frame.epoch ?? 0);
    if (key === undefined || frame.sealed === undefined) return "unreadable";
    const header = { ...frame, session: this.session, epoch: frame.epoch ?? 0 } as Header;
    try {
      const plain = await open(key, header, fromBase64(frame.sealed));
      const judged = this.#judge(frame, plain.body);
      return typeof judged === "string" ? judged : { ...judged, plain };
    } catch (error) {
      if (error instanceof Unreadable) return "unreadable";
      throw error;
    }
  }

  #judge(frame: Frame, body: unknown): { event: Opened; plain?: Plain } | Doubt {
    const kind = frame.kind as KindName;
    const participant = frame.sender.slice(0, 16);
    if (KINDS[kind].server && participant !== SERVER) return "sender";
    if (!fits(kind, body)) return "body";
    const { seq, id, sender, at, session } = frame;
    const role = this.roles.get(participant);
    const mine = participant === this.me;
    const facts = { seq, id, sender, participant, kind, at, body, mine };
    const event = {
      ...facts,
      ...(role === undefined ? {} : { role }),
      ...(session === undefined ? {} : { session }),
    };
    return { event: event as Opened };
  }

  async #extend(frame: Frame, plain: Plain | null): Promise<void> {
    const sealed = bytesOf(frame.sealed);
    const hash = await sha256(sealed);
    if (plain === null) this.chains.skip(frame.sender, hash);
    else if (!this.chains.extend(frame.sender, plain, hash)) this.#doubt(frame, "order");
  }

  #doubt({ seq, sender, kind }: Frame, reason: Doubt): void {
    this.#ears.doubt({ reason, seq, sender, kind });
  }
}

function bytesOf(sealed: string | undefined): Bytes {
  try {
    return fromBase64(sealed ?? "");
  } catch {
    return new Uint8Array(0);
  }
}

/** Whether it has the shape of an event. A kind that we do not know still has its place in the log. */
function isFrame(value: unknown): value is Frame {
  if (typeof value !== "object" || value === null) return false;
  const { seq, id, sender, kind, at } = value as Partial<Frame>;
  return (
    (seq === null || (Number.isSafeInteger(seq) && (seq as number) > 0)) &&
    [id, sender].every((hex) => typeof hex === "string" && /^[0-9a-f]{32}$/.test(hex)) &&
    typeof kind === "string" &&
    typeof at === "number"
  );
}
