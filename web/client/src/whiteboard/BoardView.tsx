/** The open board: tools, the paper, others' pointers, and the same in words beside it. */
import "@excalidraw/excalidraw/index.css";
import "../styles/board.css";
import { Excalidraw } from "@excalidraw/excalidraw";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { memo, useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { t } from "../texts";
import { IconButton } from "../ui/Button";
import { Live } from "../ui/Live";
import type { Board } from "./board";
import { BoardList } from "./BoardList";
import { Cross } from "./Cross";
import { Easel, LOOK } from "./easel";
import { nameParts, watchScene } from "./parts";
import { CanvasPen } from "./pen";
import type { PictureSource } from "./pictures";
import { Pointers } from "./PointerLayer";
import { Safe } from "./Safe";
import { BoardSurface } from "./surface";
import { Toolbar } from "./Toolbar";
import { FitIcon, MinusIcon, PlusIcon } from "./toolIcons";
import { useNews, useNotice } from "./useNews";

export interface BoardViewProps {
  board: Board;
  language: string;
  /** Without them there is no tool for pictures. */
  pictures?: PictureSource | null;
  /** The surface, as soon as there is one; null when it is gone. What is built on it sits beside. */
  onSurface?(surface: BoardSurface | null): void;
  /** A document was dropped on the board. */
  onDocument?(file: File): void;
  /** The paper is white on dark screens, too: white pages lie on it. */
  paperWhite?: boolean;
  /** On the paper, below what is drawn. */
  children?: React.ReactNode;
  /** Over the paper; hears all keys itself. */
  over?: React.ReactNode;
  below?: React.ReactNode;
}

const UI = {
  canvasActions: {
    changeViewBackgroundColor: false,
    clearCanvas: false,
    export: false as const,
    loadScene: false,
    saveToActiveFile: false,
    toggleTheme: false,
    saveAsImage: false,
  },
  tools: { image: false },
};

export function BoardView(props: BoardViewProps) {
  const { board, language, pictures = null, onSurface, onDocument, paperWhite = false, children, over, below } = props;
  const root = useRef<HTMLElement>(null);
  const paper = useRef<HTMLDivElement>(null);
  const [easel, setEasel] = useState<{ easel: Easel; surface: BoardSurface } | null>(null);
  const [, redraw] = useState(0);
  const [listed, setListed] = useState(false);
  const state = useSyncExternalStore(
    useCallback((changed) => board.on("change", changed), [board]),
    () => board.state,
  );
  const dark = useDark();
  const said = useNews(board);
  const notice = useNotice(board);

  const api = useRef<ExcalidrawImperativeAPI>(null);
  const begun = useRef(false);
  const arrived = useCallback((given: ExcalidrawImperativeAPI) => void (api.current = given), []);
  const begin = useCallback(() => {
    const place = paper.current;
    if (place === null || api.current === null || begun.current) return;
    begun.current = true;
    const surface = new BoardSurface(api.current, place);
    const pen = new CanvasPen(place, (x, y) => surface.scrollBy(x / surface.zoom, y / surface.zoom));
    setEasel({ surface, easel: new Easel(surface, pen, pictures, () => redraw((n) => n + 1)) });
  }, [pictures]);
  useEffect(() => {
    if (easel === null) return;
    const { surface } = easel;
    const detach = board.attach(surface);
    surface.showAll();
    onSurface?.(surface);
    return () => {
      onSurface?.(null);
      detach();
      surface.close();
    };
  }, [board, easel, onSurface]);
  useEffect(() => (easel === null ? undefined : board.on("brought", () => easel.surface.showAll())), [board, easel]);
  useEffect(() => {
    if (easel === null || pictures === null) return;
    const { surface } = easel;
    const stops = [
      pictures.onMore(() => surface.lookForPictures()),
      surface.on("wanted", (ids) => {
        for (const id of ids) void pictures.blob(id).then((blob) => blob && surface.addPicture(id, blob));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [easel, pictures]);
  useEffect(() => paper.current?.ownerDocument && nameParts(paper.current, t("board.paper"), t("board.text")), []);
  useEffect(() => root.current?.ownerDocument && watchScene(board, root.current), [board]);

  const { surface } = easel ?? {};
  const file = (files: FileList) => files[0] && void easel?.easel.picture(files[0]);
  return (
    <section
      ref={root}
      className="board undark"
      aria-label={t("board.title")}
      data-settled={easel !== null && state.settled}
      data-draws={state.mayDraw}
      data-paper={paperWhite ? "white" : undefined}
    >
      <Toolbar
        easel={easel?.easel ?? null}
        mayDraw={state.mayDraw}
        listed={listed}
        onList={() => setListed(!listed)}
        onPicture={pictures === null ? undefined : file}
      />
      <div className="board__middle">
        <div
          ref={paper}
          className="board__paper"
          onKeyDownCapture={(event) => {
            if (isWriting(event.target) || !easel?.easel.press(event)) return;
            event.stopPropagation();
            // What is not ours is the browser's: its own keys go on working.
            if (!event.ctrlKey && !event.metaKey && event.key !== "Tab") event.preventDefault();
          }}
          onPointerDownCapture={(event) => event.isTrusted && easel?.easel.rest()}
          onContextMenuCapture={keepOut}
          onPasteCapture={(event) => {
            if (isWriting(event.target)) return;
            keepOut(event);
            if (state.mayDraw) easel?.easel.paste(event.clipboardData);
          }}
          onDragOverCapture={keepOut}
          onDropCapture={(event) => {
            keepOut(event);
            if (!state.mayDraw || easel?.easel.drop(event.dataTransfer)) return;
            const [document] = event.dataTransfer.files;
            if (document !== undefined) onDocument?.(document);
          }}
        >
          <Safe failed={<p className="board__failed">{t("board.broken")}</p>}>
            <Paper board={board} surface={surface} arrived={arrived} begin={begin} language={language} dark={dark && !paperWhite} mayDraw={state.mayDraw} />
          </Safe>
          {surface && <Pointers surface={surface} />}
          <Cross cross={easel?.easel.state.cross ?? null} />
          {children}
        </div>
        {over}
      </div>
      {listed && surface && <BoardList board={board} surface={surface} onClose={() => setListed(false)} />}
      <div className="board__foot">
        {below}
        <div className="board__zoom" role="group" aria-label={t("board.zoom")}>
          <IconButton icon={MinusIcon} label={t("board.zoom.out")} onClick={() => surface?.zoomBy(0.8)} />
          <span className="numeric" aria-live="off">{easel?.easel.state.zoom ?? 100} %</span>
          <IconButton icon={PlusIcon} label={t("board.zoom.in")} onClick={() => surface?.zoomBy(1.25)} />
          <IconButton icon={FitIcon} label={t("board.zoom.all")} onClick={() => surface?.showAll()} />
        </div>
      </div>
      <p className="board__notice" role="status" data-shown={notice !== null}>
        {notice !== null && t(`board.notice.${notice}`)}
      </p>
      <Live>{said}</Live>
    </section>
  );
}

interface PaperProps {
  board: Board;
  surface: BoardSurface | undefined;
  arrived(api: ExcalidrawImperativeAPI): void;
  begin(): void;
  language: string;
  dark: boolean;
  mayDraw: boolean;
}

/** Drawn anew only for what concerns it. */
const Paper = memo(({ board, surface, arrived, begin, language, dark, mayDraw }: PaperProps) => (
  <Excalidraw
    excalidrawAPI={arrived}
    initialData={INITIAL}
    langCode={language === "de" ? "de-DE" : "en"}
    theme={dark ? "dark" : "light"}
    viewModeEnabled={!mayDraw}
    UIOptions={UI}
    aiEnabled={false}
    validateEmbeddable={false}
    handleKeyboardGlobally={false}
    autoFocus={false}
    isCollaborating={false}
    onChange={() => {
      // The first time it tells of a change it has begun: what it was given before, it has thrown away.
      if (surface === undefined) return begin();
      surface.changed();
      board.changed();
    }}
    onScrollChange={() => surface?.scrolled()}
    onPointerUpdate={({ pointer, button }) => board.pointed({ ...pointer, down: button === "down" })}
  />
));

const INITIAL = { elements: [], appState: LOOK } as never;

/** Text is written in a box of its own, with all keys. */
function isWriting(target: EventTarget): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}

function keepOut(event: React.SyntheticEvent): void {
  event.preventDefault();
  event.stopPropagation();
}

const SCHEME = "(prefers-color-scheme: dark)";

function useDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(SCHEME);
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => matchMedia(SCHEME).matches,
  );
}
