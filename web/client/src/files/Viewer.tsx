/** A picture or a plain text, large, inside the page: never a page of its own. */
import { useEffect, useState } from "react";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { DownloadIcon } from "../ui/icons";
import type { Files, SharedFile } from "./files";
import { measured, MOST_TEXT } from "./preview";
import { reasonOf } from "./refused";
import { saveFile } from "./saving";
import { reasonText } from "./words";

type Shown =
  | { what: "loading" }
  | { what: "picture"; url: string; width: number; height: number }
  | { what: "text"; text: string; cut: boolean }
  | { what: "trouble"; text: string };

export function Viewer({ file, files, onClose }: { file: SharedFile; files: Files; onClose(): void }) {
  const [shown, setShown] = useState<Shown>({ what: "loading" });
  const trouble = (error: unknown) => setShown({ what: "trouble", text: reasonText(reasonOf(error)) });
  useEffect(() => {
    let url: string | null = null;
    let gone = false;
    const open = async () => {
      const blob = await files.blob(file.id);
      const size = await measured(blob);
      const text = blob.type === "text/plain" ? await plain(blob.slice(0, MOST_TEXT)) : null;
      if (gone) return;
      if (text !== null) return setShown({ what: "text", text, cut: blob.size > MOST_TEXT });
      url = URL.createObjectURL(blob);
      setShown({ what: "picture", url, ...size });
    };
    open().catch((error: unknown) => {
      if (!gone) setShown({ what: "trouble", text: reasonText(reasonOf(error)) });
    });
    return () => {
      gone = true;
      if (url !== null) URL.revokeObjectURL(url);
    };
    // What the scanner was still at is tried again once it has found something.
  }, [file.id, file.verdict, files]);
  return (
    <Dialog
      title={file.name}
      wide
      closeLabel={t("ui.close")}
      onClose={onClose}
      actions={
        <Button icon={DownloadIcon} onClick={() => void saveFile(files, file).catch(trouble)}>
          {t("files.save")}
        </Button>
      }
    >
      <div className="viewer">
        {shown.what === "loading" && (
          <p role="status">
            <Dots /> {t("files.opening")}
          </p>
        )}
        {shown.what === "trouble" && <p role="alert">{shown.text}</p>}
        {shown.what === "picture" && (
          <img src={shown.url} width={shown.width} height={shown.height} alt={t("files.picture", { name: file.name })} />
        )}
        {shown.what === "text" && (
          <>
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable by keyboard */}
            <pre tabIndex={0}>{shown.text}</pre>
            {shown.cut && <p className="small soft">{t("files.text.cut")}</p>}
          </>
        )}
      </div>
    </Dialog>
  );
}

/** UTF-8, or what Windows wrote before it. */
async function plain(blob: Blob): Promise<string> {
  const bytes = await blob.arrayBuffer();
  try {
    // A cut at the end is no fault: only what is before it decides.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
