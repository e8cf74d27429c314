/** The files of the talk: what is on its way, what was shared, and how to share one's own. */
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { plural, t } from "../texts";
import { Button, IconButton } from "../ui/Button";
import { CloseIcon, InfoIcon, PhotoIcon, PlusIcon } from "../ui/icons";
import { FileRow } from "./FileRow";
import type { Files, SharedFile } from "./files";
import { useFiles } from "./FileSide";
import "./files.css";
import { ACCEPT } from "./sniff";
import { TransferRow } from "./TransferRow";
import { Viewer } from "./Viewer";

export interface PaneProps {
  files: Files;
  open: boolean;
  language: string;
  nameOf(participant: string): string;
  /** The talk is over: to keep, not to share. */
  over?: boolean;
  /** Part of something that has a heading, and scrolls by itself. */
  inset?: boolean;
  onClose?: () => void;
}

export function FilePane({ files, open, language, nameOf, over = false, inset = over, onClose }: PaneProps) {
  const { files: list, transfers: all, unread } = useFiles(files);
  const [asked, setViewed] = useState<SharedFile | null>(null);
  // As it is known now, or as it was when it went.
  const viewed = list.find(({ id }) => id === asked?.id) ?? asked;
  const transfers = all.filter(({ direction }) => !over || direction === "down");
  const shown = list.filter((file) => !file.board);
  useSeen(open, unread, () => files.see());
  const pane = useRef<HTMLElement>(null);
  useEffect(() => {
    // What had the focus went with its file: reading and tabbing go on here.
    if (open && document.activeElement === document.body) pane.current?.focus();
    // oxlint-disable-next-line react/exhaustive-deps
  }, [shown.length + transfers.length]);
  return (
    <section
      ref={pane}
      tabIndex={-1}
      className={inset ? "files files--inset" : "files"}
      aria-label={t("files.title")}
      hidden={!open}
    >
      {!inset && (
        <header className="chat__head">
          <h2>{t("files.title")}</h2>
          {onClose && (
            <IconButton
              icon={CloseIcon}
              label={t("files.close")}
              onClick={() => {
                onClose();
                document.querySelector<HTMLElement>(".control[data-opens=files]")?.focus();
              }}
            />
          )}
        </header>
      )}
      <div className="files__body">
        {!over && <Hint files={files} open={open} />}
        {transfers.length > 0 && (
          <ul className="files__list" aria-label={t("files.transfers")}>
            {transfers.map((transfer) => (
              <TransferRow key={transfer.id} transfer={transfer} files={files} />
            ))}
          </ul>
        )}
        {shown.length === 0 && transfers.length === 0 && <p className="chat__empty">{t("files.empty")}</p>}
        {shown.length > 0 && (
          <ul className="files__list" aria-label={plural("files.list", shown.length)}>
            {shown.map((file) => (
              <FileRow
                key={file.id}
                file={file}
                files={files}
                language={language}
                who={file.mine ? t("files.mine") : nameOf(file.by)}
                over={over}
                onView={() => setViewed(file)}
              />
            ))}
          </ul>
        )}
        {!over && <Choices files={files} />}
      </div>
      {!over && <Share files={files} />}
      {viewed && <Viewer file={viewed} files={files} onClose={() => setViewed(null)} />}
    </section>
  );
}

/** Shared by others and now on screen, in a page that is looked at. */
function useSeen(open: boolean, unread: number, see: () => void): void {
  const tell = useEffectEvent(see);
  useEffect(() => {
    if (!open || unread === 0) return;
    const look = () => document.visibilityState === "visible" && tell();
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [open, unread]);
}

/** OB-11: said once in this page, before anything is sent. */
let hintRead = false;

function Hint({ files, open }: { files: Files; open: boolean }) {
  const [read, setRead] = useState(hintRead);
  useEffect(() => {
    if (open && !read) files.hintShown();
  }, [files, open, read]);
  if (read) return null;
  const close = () => {
    hintRead = true;
    setRead(true);
  };
  return (
    <div className="files__hint">
      <InfoIcon />
      <p>{t("files.hint")}</p>
      <Button look="quiet" onClick={close}>
        {t("files.hint.close")}
      </Button>
    </div>
  );
}

/** What pictures may tell, and what is possible at all. */
function Choices({ files }: { files: Files }) {
  const [keep, setKeep] = useState(files.keepDetails);
  const change = (on: boolean) => {
    files.setKeepDetails(on);
    setKeep(on);
  };
  return (
    <div className="files__choices">
      <p className="small soft">{t("files.kinds")}</p>
      <label className="files__keep">
        <input type="checkbox" checked={keep} onChange={(event) => change(event.currentTarget.checked)} />
        <span>{t("files.keep")}</span>
      </label>
    </div>
  );
}

function Share({ files }: { files: Files }) {
  const choose = useRef<HTMLInputElement>(null);
  const take = useRef<HTMLInputElement>(null);
  const share = (input: HTMLInputElement) => {
    for (const file of Array.from(input.files ?? [])) {
      files.share(file, { unnamed: t("files.unnamed") }).catch(() => undefined); // the list tells why
    }
    input.value = ""; // the same one may be chosen again
  };
  return (
    <div className="files__share">
      <Button look="primary" icon={PlusIcon} onClick={() => choose.current?.click()}>
        {t("files.choose")}
      </Button>
      {hasCamera() && (
        <Button icon={PhotoIcon} onClick={() => take.current?.click()}>
          {t("files.camera")}
        </Button>
      )}
      <input
        ref={choose}
        type="file"
        multiple
        hidden
        accept={ACCEPT}
        aria-label={t("files.choose")}
        onChange={(event) => share(event.currentTarget)}
      />
      <input
        ref={take}
        type="file"
        hidden
        accept="image/jpeg,image/png"
        capture="environment"
        aria-label={t("files.camera")}
        onChange={(event) => share(event.currentTarget)}
      />
    </div>
  );
}

/** A device that is held in the hand has one to point at a letter. */
function hasCamera(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
