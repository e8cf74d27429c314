/** What is said about files: sizes, reasons, states, and the news for who cannot see them. */
import { plural, t } from "../texts";
import type { FilesState, SharedFile, Transfer } from "./files";
import type { FileRefused } from "./refused";

/** As people say it: "240 KB", "1,2 MB". */
export function sizeText(bytes: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = bytes < 1_000 ? 0 : bytes < 1e6 ? 1 : bytes < 1e9 ? 2 : 3;
  const value = bytes / 1_000 ** step;
  const digits = step > 1 && value < 10 ? 1 : 0;
  const format = { style: "unit", unit: units[step] ?? "byte", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language, format).format(value);
}

export function reasonText(reason: FileRefused): string {
  if (reason.code === "server") return String(reason.facts["text"]);
  const key = `files.no.${reason.code}`;
  const text = t(key, reason.facts);
  return text === key ? t("files.no.unknown") : text;
}

/** What is going on with a transfer. */
export function movingText(transfer: Transfer): string {
  if (transfer.reason !== null) return reasonText(transfer.reason);
  return t(`files.moving.${transfer.state}`, { percent: percentOf(transfer) });
}

export function percentOf({ bytes, size }: Transfer): number {
  return size === 0 ? 0 : Math.min(100, Math.floor((bytes / size) * 100));
}

/** What happened between two states, in a sentence or none. `nameOf`: who shared it. */
export function news(before: FilesState, after: FilesState, nameOf: (participant: string) => string): string {
  const known = new Map(before.files.map((file) => [file.id, file]));
  const came = after.files.filter((file) => !known.has(file.id) && !file.board);
  const theirs = came.filter(({ mine }) => !mine);
  if (theirs.length > 1) return plural("files.news.came", theirs.length);
  if (theirs[0] !== undefined) return t("files.news.one", { name: theirs[0].name, person: nameOf(theirs[0].by) });
  if (came[0] !== undefined) return t("files.news.own", { name: came[0].name });
  const judged = after.files.find((file) => known.has(file.id) && known.get(file.id)?.verdict !== file.verdict);
  if (judged?.verdict === "infected") return t("files.news.infected", { name: judged.name });
  return moved(before, after);
}

/** Only the turns are said, not every step. */
function moved(before: FilesState, after: FilesState): string {
  for (const transfer of after.transfers) {
    const old = before.transfers.find(({ id }) => id === transfer.id);
    if (old?.state === transfer.state || !SAID.has(transfer.state)) continue;
    return `${transfer.name}: ${movingText(transfer)}`;
  }
  return "";
}

const SAID = new Set<Transfer["state"]>(["waiting", "paused", "failed", "preparing"]);

/** "PDF", "JPEG", as the catalog calls it. */
export function kindText({ type }: SharedFile): string {
  const key = `files.kind.${type.split(/[/.]/).at(-1) ?? ""}`;
  const text = t(key);
  return text === key ? t("files.kind") : text;
}
