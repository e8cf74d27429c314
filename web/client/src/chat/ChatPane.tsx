/** The chat of a session: what was said, who is typing, and a box to write in. Text only, ever. */
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { t } from "../texts";
import { Button, IconButton } from "../ui/Button";
import { CloseIcon, DownIcon } from "../ui/icons";
import { ChatLineView } from "./ChatLineView";
import { Composer } from "./Composer";

export type Delivery = "sending" | "sent" | "received" | "seen" | "failed";

export interface ChatLine {
  /** Event id. */
  id: string;
  own: boolean;
  author: string;
  text: string;
  /** When it was logged, UTC milliseconds; null while it is not. */
  at: number | null;
  delivery: Delivery;
}

export interface ChatPaneProps {
  lines: readonly ChatLine[];
  /** Names of those who are typing now. */
  typing: readonly string[];
  /** On screen. Stays mounted while closed, so that nothing typed is lost. */
  open: boolean;
  /** Why nothing can be written (the session is over); null while it can. */
  closedText?: string | null;
  /** Shown while nothing was said yet. */
  emptyText?: string;
  title?: string;
  onSend(text: string): void;
  /** Something stands in the box, or no longer. */
  onTyping(on: boolean): void;
  /** The newest line is on screen. */
  onSeen(): void;
  onRetry?(id: string): void;
  onClose?(): void;
}

export function ChatPane(props: ChatPaneProps) {
  const { lines, typing, open, closedText = null, onSeen, onClose } = props;
  const log = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const newest = lines.at(-1);
  const lastOwn = lines[lines.map((line) => line.own).lastIndexOf(true)]?.id;

  const toEnd = () => scrollToEnd(log.current);
  useLayoutEffect(() => {
    if (open && (atEnd || newest?.own)) scrollToEnd(log.current);
  }, [open, atEnd, newest?.id, newest?.own, typing.length]);
  useSeen(open && atEnd, newest?.id, onSeen);

  return (
    <section className="chat" aria-label={props.title ?? t("chat.title")} hidden={!open}>
      <header className="chat__head">
        <h2>{props.title ?? t("chat.title")}</h2>
        {onClose && <IconButton icon={CloseIcon} label={t("chat.close")} onClick={onClose} />}
      </header>
      <div
        ref={log}
        className="chat__log"
        role="log"
        // Scrollable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={t("chat.log")}
        onScroll={(event) => setAtEnd(isAtEnd(event.currentTarget))}
      >
        {lines.length === 0 && <p className="chat__empty">{props.emptyText ?? t("chat.empty")}</p>}
        <ol className="chat__lines">
          {lines.map((line, index) => (
            <ChatLineView
              key={line.id}
              line={line}
              follows={follows(lines[index - 1], line)}
              last={line.id === lastOwn}
              onRetry={props.onRetry}
            />
          ))}
        </ol>
      </div>
      <p className="chat__typing" aria-live="off">
        {typing.length > 0 && t("chat.typing", { name: typing.join(", ") })}
      </p>
      {!atEnd && (
        <Button className="chat__newest" icon={DownIcon} onClick={toEnd}>
          {t("chat.newest")}
        </Button>
      )}
      {closedText === null ? (
        <Composer open={open} onSend={props.onSend} onTyping={props.onTyping} />
      ) : (
        <p className="chat__closed">{closedText}</p>
      )}
    </section>
  );
}

/** Same person within two minutes: the name need not be said again. */
function follows(before: ChatLine | undefined, line: ChatLine): boolean {
  if (!before || before.author !== line.author || before.own !== line.own) return false;
  return (line.at ?? Number.MAX_SAFE_INTEGER) - (before.at ?? 0) < 120_000 || line.at === null;
}

function scrollToEnd(log: HTMLElement | null): void {
  log?.scrollTo({ top: log.scrollHeight });
}

function isAtEnd(log: HTMLElement): boolean {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 48;
}

/** Tell once per newest line that it was on screen, in a page that is looked at. */
function useSeen(shown: boolean, newest: string | undefined, onSeen: () => void): void {
  const tell = useEffectEvent(onSeen);
  useEffect(() => {
    if (!shown || newest === undefined) return;
    const look = () => document.visibilityState === "visible" && tell();
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [shown, newest]);
}
