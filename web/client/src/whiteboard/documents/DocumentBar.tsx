/** Below the board: lay a document, turn its pages, how large they are, save. */
import { useRef } from "react";
import { t } from "../../texts";
import { IconButton } from "../../ui/Button";
import type { Deck } from "./deck";
import { BackIcon, LayIcon, OnIcon, PageIcon, PagesIcon, SaveIcon, WidthIcon } from "./icons";

interface Props {
  deck: Deck;
  mayLay: boolean;
  stripOpen: boolean;
  onStrip(): void;
  onSave(): void;
  /** Documents that were shared and are not on the board: offer them first. */
  onChoose: (() => void) | null;
}

export function DocumentBar({ deck, mayLay, stripOpen, onStrip, onSave, onChoose }: Props) {
  const { current, documents } = deck.state;
  const pages = documents.find(({ file }) => file === current?.file)?.pages ?? [];
  const at = pages.findIndex(({ id }) => id === current?.id);
  return (
    <div className="deckbar" role="group" aria-label={t("board.document.bar")}>
      {mayLay && <LayButton deck={deck} onChoose={onChoose} />}
      {documents.length > 0 && (
        <button type="button" className="deckbar__button" aria-expanded={stripOpen} onClick={onStrip}>
          <PagesIcon />
          <span>{t("board.document.pages")}</span>
        </button>
      )}
      {current && (
        <div className="deckbar__turn">
          <IconButton icon={BackIcon} label={t("board.document.back")} disabled={at <= 0} onClick={() => deck.turn(-1)} />
          <p className="numeric" role="status">
            <span className="visually-hidden">{t("board.document.place", { page: current.number, of: pages.at(-1)?.number ?? 1 })}</span>
            <span aria-hidden="true">
              {current.number} / {pages.at(-1)?.number}
            </span>
          </p>
          <IconButton icon={OnIcon} label={t("board.document.on")} disabled={at >= pages.length - 1} onClick={() => deck.turn(1)} />
        </div>
      )}
      {current && (
        <div className="deckbar__fit">
          <IconButton icon={PageIcon} label={t("board.document.fit.page")} onClick={() => deck.fit("page")} />
          <IconButton icon={WidthIcon} label={t("board.document.fit.width")} onClick={() => deck.fit("width")} />
        </div>
      )}
      <button type="button" className="deckbar__button" onClick={onSave}>
        <SaveIcon />
        <span>{t("board.export.open")}</span>
      </button>
    </div>
  );
}

function LayButton({ deck, onChoose }: Pick<Props, "deck" | "onChoose">) {
  const input = useRef<HTMLInputElement>(null);
  const busy = deck.state.laying !== null;
  return (
    <>
      <button
        type="button"
        className="deckbar__button"
        aria-disabled={busy}
        onClick={busy ? undefined : (onChoose ?? (() => input.current?.click()))}
      >
        <LayIcon />
        <span>{t("board.document.lay")}</span>
      </button>
      <DocumentInput deck={deck} input={input} />
    </>
  );
}

/** The browser's own choice of a file. */
export function DocumentInput({ deck, input, done }: { deck: Deck; input: React.RefObject<HTMLInputElement | null>; done?: () => void }) {
  return (
    <input
      ref={input}
      type="file"
      accept="application/pdf,.pdf"
      hidden
      data-testid="document-input"
      onChange={(event) => {
        const file = event.target.files?.[0];
        event.target.value = "";
        if (file === undefined) return;
        done?.();
        void deck.add(file);
      }}
    />
  );
}
