/** The place of the board on the stage: the board, or what becomes of it in words. */
import { useEffect, useState } from "react";
import type { Files } from "../files/files";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import type { BoardGate } from "../whiteboard/gate";

interface Props {
  gate: BoardGate;
  files: Files;
  language: string;
  /** For advisors: they lead. */
  leads?: boolean;
  /** Said for a while to whoever did not open it themselves. */
  word?: string;
}

export function BoardPlace({ gate, files, language, leads = false, word }: Props) {
  const { drawing, failed } = gate.state;
  return (
    <>
      {drawing !== null && (
        <drawing.View
          board={drawing.board}
          language={language}
          relay={gate.relay}
          files={files}
          lead={leads ? (change) => gate.lead(change) : undefined}
        />
      )}
      {drawing === null && !failed && (
        <p className="stage__opening" role="status">
          <Dots /> {t("board.loading")}
        </p>
      )}
      {drawing === null && failed && (
        <div className="stage__opening" role="alert">
          <p>{t("board.failed")}</p>
          <Button onClick={() => gate.fetch()}>{t("board.retry")}</Button>
        </div>
      )}
      {word !== undefined && <Word>{word}</Word>}
    </>
  );
}

const SHOWN_MS = 8_000;

function Word({ children }: { children: string }) {
  const [shown, setShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setShown(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="stage__word" role="status">
      {shown && children}
    </p>
  );
}
