/** The box to write in. Enter sends, Shift+Enter begins a new line; paste is plain text. */
import { useId, useLayoutEffect, useRef, useState } from "react";
import { plural, t } from "../texts";
import { SendIcon } from "../ui/icons";
import { draft } from "./draft";

interface Props {
  open: boolean;
  onSend(text: string): void;
  onTyping(on: boolean): void;
}

export function Composer({ open, onSend, onTyping }: Props) {
  const [typed, setTyped] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const { text, ready, left } = draft(typed);

  useLayoutEffect(() => {
    const element = box.current;
    if (!open || !element) return;
    // Grow with the text; the style sheet says how far.
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [typed, open]);

  const change = (next: string) => {
    if ((next === "") !== (typed === "") || next !== "") onTyping(next !== "");
    setTyped(next);
  };
  const send = () => {
    box.current?.focus();
    if (!ready) return;
    onSend(text);
    onTyping(false);
    setTyped("");
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="visually-hidden" htmlFor={`${id}-box`}>
        {t("chat.placeholder")}
      </label>
      <div className="composer__row">
        <textarea
          ref={box}
          id={`${id}-box`}
          className="input composer__box"
          rows={1}
          dir="auto"
          enterKeyHint="send"
          placeholder={t("chat.placeholder")}
          value={typed}
          aria-invalid={left !== null && left < 0}
          aria-describedby={`${id}-hint`}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          className="button button--primary button--icon composer__send"
          aria-label={t("chat.send")}
          title={t("chat.send")}
          aria-disabled={!ready}
        >
          <SendIcon />
        </button>
      </div>
      <p id={`${id}-hint`} className="composer__hint">
        {left === null ? (
          <span className="composer__keys">{t("chat.keys")}</span>
        ) : (
          <span role="status" className={left < 0 ? "composer__over" : undefined}>
            {left < 0 ? plural("chat.over", -left) : plural("chat.left", left)}
          </span>
        )}
      </p>
    </form>
  );
}
