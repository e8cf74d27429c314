/** What is on the board, in words; it can be chosen and taken away here as well. */
import { useSyncExternalStore } from "react";
import { t } from "../texts";
import { IconButton } from "../ui/Button";
import { CloseIcon } from "../ui/icons";
import type { Board } from "./board";
import { rowsOf, type Row } from "./rows";
import type { BoardSurface } from "./surface";
import { TrashIcon } from "./toolIcons";

interface Props {
  board: Board;
  surface: BoardSurface;
  onClose(): void;
}

export function BoardList({ board, surface, onClose }: Props) {
  useSyncExternalStore(
    (changed) => board.on("change", changed),
    () => board.state.turn,
  );
  const rows = rowsOf(board.scene, (id) => board.authorOf(id));
  const { mayDraw } = board.state;
  const show = ({ id }: Row) => {
    const element = board.scene.get(id);
    if (element !== undefined) surface.reveal(element);
  };
  return (
    <aside className="board__list" aria-label={t("board.list.title")}>
      <header>
        <h2>{t("board.list.title")}</h2>
        <IconButton icon={CloseIcon} label={t("board.list.close")} onClick={onClose} />
      </header>
      {rows.length === 0 && <p className="soft">{t("board.list.empty")}</p>}
      <ol className="board__rows">
        {rows.map((row) => {
          const name = nameOf(row);
          return (
            <li key={row.id}>
              <button type="button" className="board__row" onClick={() => show(row)}>
                <span>{name}</span>
                <span className="small soft">{byOf(row)}</span>
              </button>
              {mayDraw && !row.fixed && (
                <IconButton
                  icon={TrashIcon}
                  label={t("board.list.delete", { what: name })}
                  onClick={() => surface.remove([row.id])}
                />
              )}
            </li>
          );
        })}
      </ol>
    </aside>
  );
}

function nameOf({ type, text }: Row): string {
  const kind = t(`board.element.${type}`);
  return text === "" ? kind : `${kind}: ${text}`;
}

function byOf({ mine, author, page }: Row): string {
  const by = mine ? t("board.list.mine") : author === "" ? "" : t("board.list.by", { name: author });
  return [by, page === null || page === "" ? "" : t("board.list.on", { page })].filter(Boolean).join(", ");
}
