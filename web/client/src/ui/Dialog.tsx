/** A modal dialogue on the browser's own <dialog>: focus trap, Escape and return of focus are its. */
import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { IconButton } from "./Button";
import { CloseIcon } from "./icons";

interface Props {
  title: string;
  /** As wide as the window allows: for something to look at. */
  wide?: boolean;
  /** Label of the button that closes it. */
  closeLabel: string;
  onClose(): void;
  actions?: ReactNode;
  children: ReactNode;
}

export function Dialog({ title, wide = false, closeLabel, onClose, actions, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Closed while it is still in the page: only then the focus goes back to where it was.
  useLayoutEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={wide ? "dialog dialog--wide" : "dialog"}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog__body">
        <div className="dialog__head">
          <h2 id={heading}>{title}</h2>
          <IconButton icon={CloseIcon} label={closeLabel} onClick={onClose} />
        </div>
        {children}
        {actions && <div className="dialog__actions">{actions}</div>}
      </div>
    </dialog>
  );
}
