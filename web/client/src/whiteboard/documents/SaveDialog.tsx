/** What shall be saved, and whether the others get it too. */
import { useState } from "react";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import type { Laid } from "./pages";
import type { Kind, Saving } from "./saving";

interface Props {
  saving: Saving;
  documents: readonly Laid[];
  /** What the board is called in a file name. */
  boardName: string;
  /** Nothing is on it yet. */
  empty: boolean;
  onClose(): void;
}

interface Choice {
  readonly id: string;
  readonly kind: Kind;
  readonly file?: string;
  readonly name: string;
  readonly label: string;
}

export function SaveDialog({ saving, documents, boardName, empty, onClose }: Props) {
  const choices = choicesOf(documents, boardName);
  const [chosen, setChosen] = useState(choices[0]?.id ?? "png");
  const [share, setShare] = useState(false);
  const choice = choices.find(({ id }) => id === chosen) ?? choices[0];
  const { busy, saved, trouble } = saving.state;
  const close = () => {
    saving.reset();
    onClose();
  };
  const save = () => {
    if (choice !== undefined) void saving.save({ ...choice, share });
  };
  return (
    <Dialog
      title={t("board.export.title")}
      closeLabel={t("ui.close")}
      onClose={close}
      actions={
        <>
          {busy && <Button onClick={() => saving.cancel()}>{t("board.export.cancel")}</Button>}
          <Button look="primary" disabled={empty} busy={busy && progressText(busy)} onClick={save}>
            {t("board.export.save")}
          </Button>
        </>
      }
    >
      {empty ? (
        <p>{t("board.export.empty")}</p>
      ) : (
        <fieldset className="choices" disabled={busy !== null}>
          <legend className="visually-hidden">{t("board.export.what")}</legend>
          {choices.map(({ id, label }) => (
            <label key={id} className="choices__one">
              <input type="radio" name="export" checked={id === choice?.id} onChange={() => setChosen(id)} />
              <span>{label}</span>
            </label>
          ))}
          {choice?.kind !== "svg" && (
            <label className="choices__one">
              <input type="checkbox" checked={share} onChange={(event) => setShare(event.target.checked)} />
              <span>{t("board.export.share")}</span>
            </label>
          )}
        </fieldset>
      )}
      <p role="status" className={trouble ? "choices__trouble" : undefined}>
        {trouble && t(`board.export.trouble.${trouble === "share" ? "share" : "other"}`)}
        {!trouble && saved && t(saved.shared ? "board.export.saved.shared" : "board.export.saved", { name: saved.name })}
      </p>
    </Dialog>
  );
}

function progressText({ done, of }: { done: number; of: number }): string {
  return of > 1 ? t("board.export.progress", { done: Math.min(of, done + 1), of }) : t("board.export.busy");
}

function choicesOf(documents: readonly Laid[], boardName: string): Choice[] {
  return [
    ...documents.map(({ file, name }): Choice => ({
      id: file,
      kind: "pdf",
      file,
      name: t("board.export.name", { name: name.replace(/\.pdf$/i, "") }),
      label: t("board.export.pdf", { name }),
    })),
    { id: "png", kind: "png", name: boardName, label: t("board.export.png") },
    { id: "svg", kind: "svg", name: boardName, label: t("board.export.svg") },
  ];
}
