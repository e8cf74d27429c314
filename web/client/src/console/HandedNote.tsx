/** In the talk: that the person was handed over, by whom, and the note that came along. */
import { useEffect, useState } from "react";
import { t } from "../texts";
import { Button, IconButton } from "../ui/Button";
import { CloseIcon } from "../ui/icons";
import type { Told } from "./handover";

interface Props {
  readonly name: string;
  readonly told: () => Promise<Told>;
}

export function HandedNote({ name, told }: Props) {
  const [found, setFound] = useState<Told | "failed" | null>(null);
  const [shown, setShown] = useState(true);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let over = false;
    void told().then(
      (found) => over || setFound(found),
      () => over || setFound("failed"),
    );
    return () => void (over = true);
    // What was said does not change while it is read.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [attempt]);
  if (!shown || found === null) return null;
  return (
    <section className="handed" aria-labelledby="handed-title">
      <div className="handed__head">
        <h2 id="handed-title">{found === "failed" ? t("console.handed.note") : t("console.handed.by", { by: found.by })}</h2>
        <IconButton icon={CloseIcon} label={t("ui.close")} onClick={() => setShown(false)} />
      </div>
      {found === "failed" ? (
        <>
          <p role="alert">{t("console.handed.note.failed")}</p>
          <Button onClick={() => setAttempt(attempt + 1)}>{t("console.handed.note.again")}</Button>
        </>
      ) : (
        <>
          {found.note && <p className="handed__note">{found.note}</p>}
          <p className="small soft">{t(found.note ? "console.handed.note.text" : "console.handed.note.none", { name })}</p>
        </>
      )}
    </section>
  );
}
