/** The board with its documents: the sheets below the drawing, the bar, the strip, who leads, saving. */
import "../../styles/documents.css";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { cleanName } from "../../files/names";
import { FileRefused, type Files } from "../../files/files";
import { reasonText } from "../../files/words";
import type { Relay } from "../../signaling/relay";
import { t } from "../../texts";
import { Button, Dots } from "../../ui/Button";
import type { Board } from "../board";
import { BoardView } from "../BoardView";
import { ordered } from "../scene";
import type { BoardSurface } from "../surface";
import type { Insets } from "./camera";
import { Deck } from "./deck";
import { DocumentBar } from "./DocumentBar";
import { Documents } from "./documents";
import { FollowLine } from "./FollowLine";
import { LayDialog } from "./LayDialog";
import { PageStrip } from "./PageStrip";
import { Given, Passing } from "./passing";
import { picturesOf } from "./pictures";
import { SaveDialog } from "./SaveDialog";
import { keep, Saving, type Wish } from "./saving";
import type { PdfTrouble } from "./trouble";
import { warmed } from "./warming";
import { commonOf, groundOf, openAhead, sightOf, stockOf } from "./wiring";

export interface DocumentBoardProps {
  board: Board;
  language: string;
  relay: Relay;
  files: Files;
  /** For advisors. */
  lead?: ((change: { leader?: string | null; locked?: boolean }) => void) | undefined;
}

type Sheet = "none" | "lay" | "save";

const STRIP_PX = 152;
/** Who leads, and the name above the page. */
const TOP_PX = 92;
const MARGIN_PX = 16;
const wide = () => matchMedia("(width >= 900px)").matches;

export function DocumentBoard({ board, language, relay, files, lead }: DocumentBoardProps) {
  const place = useRef<HTMLDivElement>(null);
  const { deck, saving, pictures, given } = useDesk(board, relay, files);
  const [surface, setSurface] = useState<BoardSurface | null>(null);
  const [strip, setStrip] = useState(wide);
  const [sheet, setSheet] = useState<Sheet>("none");
  const [today] = useState(() => new Date().toLocaleDateString("sv")); // as 2026-11-28
  const { documents, laying, trouble, locked } = deck.state;
  const stripOpen = strip && documents.length > 0;
  const { mayDraw } = board.state;

  useEffect(() => {
    if (surface === null || place.current === null) return;
    surface.api.updateFrameRendering({ enabled: true, clip: false, name: true, outline: true });
    return deck.attach(groundOf(surface, board), place.current);
  }, [board, deck, surface]);
  useEffect(() => deck.covered(insets(stripOpen)), [deck, stripOpen]);

  const shared = files.state.files.filter(({ type, verdict }) => type === "application/pdf" && verdict !== "infected");
  const notLaid = shared.filter(({ id }) => documents.every(({ file }) => file !== id));
  return (
    <BoardView
      board={board}
      language={language}
      pictures={pictures}
      onSurface={setSurface}
      onDocument={(file) => void deck.add(file)}
      paperWhite={documents.length > 0}
      over={
        <>
          {stripOpen && <PageStrip deck={deck} mayLay={mayDraw} onClose={() => setStrip(false)} />}
          <FollowLine deck={deck} lead={lead ?? null} me={relay.admission?.participant ?? ""} withheld={given?.hasAll(board.scene) === false} />
          {sheet === "lay" && <LayDialog deck={deck} shared={notLaid} onClose={() => setSheet("none")} />}
          {sheet === "save" && (
            <SaveDialog
              saving={saving}
              documents={documents}
              boardName={t("board.export.file", { date: today })}
              empty={ordered(board.scene).length === 0}
              onClose={() => setSheet("none")}
            />
          )}
          {laying && (
            <p className="deckword" role="status">
              <Dots /> {t(laying.laid > 0 ? "board.document.laying.page" : "board.document.laying", laying)}
            </p>
          )}
          {trouble && (
            <div className="deckword deckword--trouble" role="alert">
              <p>{troubleText(trouble.name, trouble.trouble)}</p>
              <Button onClick={() => deck.understood()}>{t("board.document.understood")}</Button>
            </div>
          )}
        </>
      }
      below={
        <DocumentBar
          deck={deck}
          mayLay={mayDraw && !(locked && lead === undefined)}
          stripOpen={stripOpen}
          onStrip={() => setStrip(!strip)}
          onSave={() => setSheet("save")}
          onChoose={notLaid.length > 0 ? () => setSheet("lay") : null}
        />
      }
    >
      <div className="board__sheets" ref={place} aria-hidden="true" />
    </BoardView>
  );
}

/** What lives as long as the board is open, and redraws this when it changes. */
function useDesk(board: Board, relay: Relay, files: Files) {
  const [turn] = useState(() => new Turn());
  const desk = useMemo(() => deskOf(board, relay, files, () => turn.next()), [board, relay, files, turn]);
  useEffect(() => {
    const stops = [warmed(), new Passing(relay, board, files).start(), openAhead(files, board, desk.deck.documents), desk.deck.on("change", () => turn.next()), files.on("change", () => turn.next()), board.on("change", () => turn.next())];
    desk.deck.start();
    return () => {
      for (const stop of stops) stop();
      desk.deck.close();
    };
  }, [board, desk, files, relay, turn]);
  useSyncExternalStore(
    useCallback((changed) => turn.on(changed), [turn]),
    () => turn.count,
  );
  return desk;
}

function deskOf(board: Board, relay: Relay, files: Files, changed: () => void) {
  // Of a guest the log begins in mid-talk.
  const given = (relay.admission?.since ?? 0) > 0 ? new Given(files) : null;
  const stock = stockOf(files, given);
  const documents = new Documents({
    reader: (file) => stock.reader(file),
    // pdf.js comes with the first document.
    open: async (reader) => (await import("./pdf")).Pdf.open(reader),
    ...(touch() ? { room: SMALL_ROOM } : {}),
  });
  const deck = new Deck({
    common: commonOf(board),
    stock,
    sight: sightOf(relay, board),
    documents,
    words: {
      drawing: t("board.document.sheet.drawing"),
      trouble: (code) => t(`board.document.sheet.trouble.${code}`),
      title: (page) => t("board.document.page", { page }),
    },
  });
  const saving = new Saving({
    make: async (wish, progress, signal) => await made(wish, board, documents, files, progress, signal),
    keep,
    share: (file) => files.share(file),
    clean: (name) => cleanName(name),
    changed,
  });
  return { deck, saving, pictures: picturesOf(files), given };
}

async function made(wish: Wish, board: Board, documents: Documents, files: Files, progress: (done: number, of: number) => void, signal: AbortSignal): Promise<Blob> {
  const { boardPng, boardSvg, markedPdf } = await import("./exporting");
  const { documentsOn } = await import("./pages");
  const elements = ordered(board.scene) as never;
  const ends = {
    elements,
    draw: (file: string, number: number, width: number) => documents.draw(file, number, width),
    size: (file: string, number: number) => documents.size(file, number),
    picture: (file: string) => files.blob(file),
    progress,
    signal,
  };
  const laid = documentsOn(elements).find(({ file }) => file === wish.file);
  if (wish.kind === "pdf" && laid !== undefined) return await markedPdf(laid, ends);
  return await (wish.kind === "svg" ? boardSvg(ends) : boardPng(ends));
}

/** Why a file could not be shared, its own words say best. */
function troubleText(name: string, { code, cause }: PdfTrouble): string {
  const ofFile = code === "unreachable" && cause instanceof FileRefused && cause.code !== "offline";
  return ofFile ? reasonText(cause) : t(`board.document.trouble.${code}`, { name });
}

const SMALL_ROOM = 10_000_000;
const touch = () => matchMedia("(pointer: coarse)").matches;

function insets(stripOpen: boolean): Insets {
  const left = stripOpen && wide() ? STRIP_PX : 0;
  return { top: TOP_PX, right: MARGIN_PX, bottom: MARGIN_PX, left: left + MARGIN_PX };
}

class Turn {
  count = 0;
  #telling = false;
  readonly #heard = new Set<() => void>();

  on(heard: () => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }

  /** Many changes at once are one to React. */
  next(): void {
    this.count += 1;
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      for (const heard of this.#heard) heard();
    });
  }
}
