/** What is said about the board: aloud, of what others do; in a line, of what did not work. */
import { useEffect, useState } from "react";
import { plural, t } from "../texts";
import { wallClock } from "../signaling/clock";
import type { Board, Notice } from "./board";
import { NewsDesk, type News } from "./news";

export function useNews(board: Board): string {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const desk = new NewsDesk((news) => setSaid(sentence(board.nameOf(news.participant), news)), wallClock.after);
    const stop = board.on("drawn", (participant, elements, fresh) =>
      desk.hear(
        participant,
        elements.map(({ id, isDeleted, type, ...rest }) => ({
          id,
          isDeleted,
          fresh: fresh.has(id),
          ...(type === "text" ? { text: String(rest["originalText"]) } : {}),
        })),
      ),
    );
    return () => {
      stop();
      desk.close();
    };
  }, [board]);
  return said;
}

function sentence(name: string, { drawn, changed, removed, text }: News): string {
  if (text !== null) return t("board.said.text", { name, text });
  const parts = [
    drawn > 0 && plural("board.said.drawn", drawn),
    changed > 0 && plural("board.said.changed", changed),
    removed > 0 && plural("board.said.removed", removed),
  ].filter(Boolean);
  return `${name}: ${parts.join(", ")}`;
}

const SHOWN_MS = 7_000;

/** The newest notice, for a while; that others' things were left out is said once. */
export function useNotice(board: Board): Notice | null {
  const [notice, setNotice] = useState<Notice | null>(null);
  useEffect(() => {
    const once = new Set<Notice>();
    return board.on("notice", (what) => {
      if (what === "left-out" && once.has(what)) return;
      once.add(what);
      setNotice(what);
    });
  }, [board]);
  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(() => setNotice(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return notice;
}
