/** The chat of a talk as a text file that a person can keep. */
import type { ChatLine } from "../chat/ChatPane";
import { t } from "../texts";

interface Talk {
  company: string;
  advisor: string | null;
  beganAt: number | null;
  lines: readonly ChatLine[];
  language: string;
}

export function transcript(talk: Talk): string {
  const day = talk.beganAt ?? talk.lines[0]?.at ?? null;
  const head = [
    t("after.file.title", { company: talk.company }),
    talk.advisor ? t("after.file.with", { name: talk.advisor }) : null,
    day === null ? null : new Date(day).toLocaleDateString(talk.language, { dateStyle: "full" }),
  ].filter((line) => line !== null);
  const body = talk.lines
    .filter((line) => line.at !== null)
    .map((line) => {
      const time = new Date(line.at ?? 0).toLocaleTimeString(talk.language, { timeStyle: "short" });
      // Lines of a message are set in, so that no message can look like another person's.
      return `[${time}] ${line.own ? t("chat.you") : oneLine(line.author)}: ${line.text.replaceAll("\n", "\n    ")}`;
    });
  return `${[...head, "", ...body].join("\n")}\n`;
}

/** For example "Gespraech-2026-11-23.txt". */
export function fileName(at: number): string {
  const day = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${t("after.file.name")}-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}.txt`;
}

/** Hand a text to the browser's own download. */
export function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has read the text by then; a revoked address costs nothing.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}
