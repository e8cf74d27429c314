/** The files of a session as its events tell it: a fold, nothing else. It does not know where the
 * bytes are, nor what is in them: name, type and size are the sender's word. */
import type { Verdict as Found } from "../sessions/bodies";
import type { Opened } from "../sessions/opened";
import { cleanName } from "./names";

/** pending: a scanner looks at it, and until it has, nobody gets it. */
export type Verdict = Found | "pending";

export interface SharedFile {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Clear bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly width?: number;
  readonly height?: number;
  /** Laid on the board. */
  readonly board: boolean;
  /** Participant. */
  readonly by: string;
  readonly mine: boolean;
  readonly at: number;
  readonly seq: number;
  /** Null: nothing was said about it. */
  readonly verdict: Verdict | null;
}

export interface Ledger {
  readonly files: readonly SharedFile[];
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly removed: readonly string[];
}

export const NO_FILES: Ledger = { files: [], verdicts: {}, removed: [] };
/** The server takes fewer; whoever names files that it does not have is not listened to for ever. */
const MOST = 200;

/** The ledger after `event`. What was taken before changes nothing. */
export function applyToLedger(ledger: Ledger, event: Opened): Ledger {
  if (event.seq === null) return ledger;
  switch (event.kind) {
    case "file.shared":
      return shared(ledger, event, event.seq);
    case "file.removed":
      return removed(ledger, event.body.file, event.participant);
    case "file.scanned":
      return judged(ledger, event.body.file, event.body.verdict);
    default:
      return ledger;
  }
}

/** What is known of a file beside the log: that it is being looked at. A verdict said is not unsaid. */
export function judged(ledger: Ledger, id: string, verdict: Verdict): Ledger {
  const known = ledger.verdicts[id];
  if (known === verdict || (verdict === "pending" && known !== undefined)) return ledger;
  const files = ledger.files.map((file) => (file.id === id ? { ...file, verdict } : file));
  return { ...ledger, files, verdicts: { ...ledger.verdicts, [id]: verdict } };
}

function shared(ledger: Ledger, event: Extract<Opened, { kind: "file.shared" }>, seq: number): Ledger {
  const { file: id, name, type, size, sha256, width, height, board } = event.body;
  // The first to say so has the say: an id in use cannot be given another name by somebody else.
  if (ledger.removed.includes(id) || ledger.files.some((file) => file.id === id) || ledger.files.length >= MOST) {
    return ledger;
  }
  const file: SharedFile = {
    id,
    name: cleanName(name),
    type,
    size,
    sha256,
    ...(width && height ? { width, height } : {}),
    board: board === true,
    by: event.participant,
    mine: event.mine,
    at: event.at,
    seq,
    verdict: ledger.verdicts[id] ?? null,
  };
  return { ...ledger, files: [...ledger.files, file] };
}

/** Only one's own can be taken back. */
function removed(ledger: Ledger, id: string, by: string): Ledger {
  const file = ledger.files.find((one) => one.id === id);
  if (file === undefined || file.by !== by) return ledger;
  return {
    ...ledger,
    files: ledger.files.filter((one) => one !== file),
    removed: [...ledger.removed, id],
  };
}
