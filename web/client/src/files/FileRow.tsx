/** One shared file: what it is, from whom, what the scanner says, and what can be done with it. */
import { useState } from "react";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { AlertIcon } from "../ui/icons";
import type { Files, SharedFile } from "./files";
import { Picture } from "./Picture";
import { isViewable } from "./preview";
import { reasonOf } from "./refused";
import { saveFile } from "./saving";
import { kindText, reasonText, sizeText } from "./words";

interface Props {
  file: SharedFile;
  files: Files;
  language: string;
  who: string;
  over: boolean;
  onView(): void;
}

export function FileRow({ file, files, language, who, over, onView }: Props) {
  const { name, size, at, mine, verdict } = file;
  const [asking, setAsking] = useState(false);
  const [told, setTold] = useState<{ trouble: string; verdict: typeof verdict } | null>(null);
  // What was said while the scanner was at it is said no longer.
  const trouble = told?.verdict === verdict ? told.trouble : null;
  const [busy, setBusy] = useState(false);
  const attempt = (act: Promise<void>) => {
    setTold(null);
    setBusy(true);
    const failed = (error: unknown) => setTold({ trouble: reasonText(reasonOf(error)), verdict });
    act.catch(failed).finally(() => setBusy(false));
  };
  const time = new Date(at).toLocaleTimeString(language, { timeStyle: "short" });
  const facts = [kindText(file), sizeText(size, language), who, time].filter(Boolean);
  const barred = verdict === "infected";
  return (
    <li className="file" data-verdict={verdict ?? "none"}>
      <Picture file={file} files={files} />
      <div className="file__words">
        <p className="file__name" title={name}>
          <bdi>{name}</bdi>
        </p>
        <p className="file__facts">
          {facts.map((fact, at) => (
            <span key={fact}>
              {fact}
              {at < facts.length - 1 && " · "}
            </span>
          ))}
        </p>
        {verdict !== null && !(mine && verdict === "unscanned") && (
          <p className="file__verdict">
            {barred && <AlertIcon />}
            {t(`files.verdict.${verdict}`)}
          </p>
        )}
        {trouble !== null && (
          <p className="file__trouble" role="alert">
            {trouble}
          </p>
        )}
      </div>
      <div className="file__actions">
        {!barred && isViewable(file) && (
          <Button look="quiet" aria-label={t("files.view.label", { name })} onClick={onView}>
            {t("files.view")}
          </Button>
        )}
        {!barred && (
          <Button
            look="quiet"
            aria-label={t("files.save.label", { name })}
            aria-busy={busy}
            onClick={() => !busy && attempt(saveFile(files, file))}
          >
            {t("files.save")}
          </Button>
        )}
        {mine && !over && (
          <Button
            look="quiet"
            aria-label={t("files.remove.label", { name })}
            onClick={() => setAsking(true)}
          >
            {t("files.remove")}
          </Button>
        )}
      </div>
      {asking && (
        <Dialog
          title={t("files.remove.ask")}
          closeLabel={t("ui.close")}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t("files.remove.no")}</Button>
              <Button
                look="danger"
                onClick={() => {
                  setAsking(false);
                  attempt(files.remove(file.id));
                }}
              >
                {t("files.remove")}
              </Button>
            </>
          }
        >
          <p>{t("files.remove.text", { name })}</p>
        </Dialog>
      )}
    </li>
  );
}
