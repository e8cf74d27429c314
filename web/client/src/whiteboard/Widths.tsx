/** How wide lines are: one button in the toolbar, and three behind it. */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { t } from "../texts";
import type { Easel } from "./easel";
import { WidthIcon } from "./toolIcons";
import { WIDTHS, type WidthName } from "./tools";

export function Widths({ easel }: { easel: Easel | null }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  const current = easel?.state.width ?? "medium";
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>("[aria-pressed='true']")?.focus();
    const elsewhere = (event: Event) => root.current?.contains(event.target as Node) || setOpen(false);
    // In the capture phase: the drawing code keeps what it hears to itself.
    window.addEventListener("pointerdown", elsewhere, true);
    return () => window.removeEventListener("pointerdown", elsewhere, true);
  }, [open]);

  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const take = (width: WidthName) => {
    easel?.widen(width);
    close();
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    close();
  };
  const label = t("board.width", { now: t(`board.width.${current}`) });
  return (
    // Its buttons take the focus.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={root}
      className="board__widths"
      onKeyDown={escape}
      onBlur={(event) => event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}
    >
      <button
        ref={opener}
        type="button"
        className="board__tool"
        aria-label={label}
        title={`${label} (1–3)`}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        tabIndex={-1}
        onClick={() => setOpen(!open)}
      >
        <WidthIcon />
        <span className="board__word">{t("board.width.short")}</span>
      </button>
      {open && (
        <div id={id} className="board__choice" role="group" aria-label={t("board.width.choose")}>
          {WIDTHS.map(({ name, key }) => (
            <button
              key={name}
              type="button"
              className={`board__width board__width--${name}`}
              aria-pressed={name === current}
              aria-keyshortcuts={key}
              tabIndex={-1}
              onClick={() => take(name)}
            >
              {t(`board.width.${name}`)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
