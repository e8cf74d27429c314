/** The tools, one row of them; arrow keys move along it, as in every toolbar. */
import { useRef, type ComponentType, type KeyboardEvent, type ReactNode } from "react";
import { t } from "../texts";
import type { Easel } from "./easel";
import { ListIcon, PictureIcon, RedoIcon, TOOL_ICONS, TrashIcon, UndoIcon } from "./toolIcons";
import { PALETTES, toolOf, TOOLS } from "./tools";
import { Widths } from "./Widths";

interface Props {
  easel: Easel | null;
  mayDraw: boolean;
  listed: boolean;
  onList(): void;
  /** Left out where pictures cannot be shared. */
  onPicture?: ((files: FileList) => void) | undefined;
}

/** Whoever may not draw can still point. */
const WITHOUT_DRAWING = new Set(["laser"]);

export function Toolbar({ easel, mayDraw, listed, onList, onPicture }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const state = easel?.state;
  const chosen = state?.tool ?? "select";
  const some = (state?.selection.length ?? 0) > 0;
  const tools = TOOLS.filter(({ name }) => mayDraw || WITHOUT_DRAWING.has(name));
  return (
    // Its buttons take the focus, as in every toolbar.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div className="board__tools" role="toolbar" aria-label={t("board.tools")} onKeyDown={walk}>
      <Group>
        {tools.map(({ name, key }) => (
          <Tool
            key={name}
            icon={TOOL_ICONS[name]}
            word={t(`board.tool.${name}`)}
            hint={key.toUpperCase()}
            pressed={name === chosen}
            first={name === chosen}
            press={() => easel?.choose(name)}
          />
        ))}
        {mayDraw && onPicture && (
          <>
            <Tool icon={PictureIcon} word={t("board.tool.picture")} press={() => input.current?.click()} />
            <input
              ref={input}
              type="file"
              accept="image/png,image/jpeg,image/webp"
              hidden
              onChange={(event) => {
                if (event.target.files) onPicture(event.target.files);
                event.target.value = "";
              }}
            />
          </>
        )}
      </Group>
      {mayDraw && (
        <>
          <Colors easel={easel} />
          <Group>
            <Widths easel={easel} />
            <Tool icon={UndoIcon} word={t("board.undo")} disabled={!state?.canUndo} press={() => easel?.undo()} />
            <Tool icon={RedoIcon} word={t("board.redo")} disabled={!state?.canRedo} press={() => easel?.redo()} />
            {some && <Tool icon={TrashIcon} word={t("board.delete")} press={() => easel?.remove()} />}
          </Group>
        </>
      )}
      <Group>
        <Tool icon={ListIcon} word={t("board.list")} expanded={listed} press={onList} />
      </Group>
    </div>
  );
}

function Group({ children }: { children: ReactNode }) {
  return <div className="board__group">{children}</div>;
}

interface ToolProps {
  icon: ComponentType;
  word: string;
  /** The key that does the same. */
  hint?: string;
  pressed?: boolean;
  expanded?: boolean;
  /** Where Tab comes in. */
  first?: boolean;
  disabled?: boolean;
  press(): void;
}

function Tool({ icon: Icon, word, hint, pressed, expanded, first, disabled, press }: ToolProps) {
  return (
    <button
      type="button"
      className="board__tool"
      aria-label={word}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-disabled={disabled}
      aria-keyshortcuts={hint}
      title={hint === undefined ? word : `${word} (${hint})`}
      tabIndex={first ? 0 : -1}
      onClick={disabled ? undefined : press}
    >
      <Icon />
      <span className="board__word">{word}</span>
    </button>
  );
}

/** The colours of the tool in hand. */
function Colors({ easel }: { easel: Easel | null }) {
  const tool = toolOf(easel?.state.tool ?? "select");
  const kind = tool.palette ?? "ink";
  const current = easel?.state[kind];
  return (
    <div className="board__group board__colors" role="group" aria-label={t("board.color")}>
      {PALETTES[kind].map(({ name, value }) => (
        <button
          key={value}
          type="button"
          className={`board__color board__color--${kind}-${name}`}
          aria-label={t(`board.color.${name}`)}
          title={t(`board.color.${name}`)}
          aria-pressed={value === current}
          tabIndex={-1}
          onClick={() => easel?.color(value)}
        />
      ))}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function walk(event: KeyboardEvent<HTMLElement>): void {
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const step = STEPS[event.key];
  const to = step !== undefined ? at + step : event.key === "Home" ? 0 : event.key === "End" ? -1 : null;
  if (at < 0 || to === null) return;
  event.preventDefault();
  stops.at(to % stops.length)?.focus();
}
