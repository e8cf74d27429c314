/** Which document comes onto the board: one of those that were shared already, or one from here. */
import { useRef } from "react";
import { t } from "../../texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import type { Deck } from "./deck";
import { DocumentInput } from "./DocumentBar";
import { LayIcon } from "./icons";

export interface SharedPdf {
  readonly id: string;
  readonly name: string;
}

export function LayDialog({ deck, shared, onClose }: { deck: Deck; shared: readonly SharedPdf[]; onClose(): void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Dialog title={t("board.document.lay")} closeLabel={t("ui.close")} onClose={onClose}>
      <p>{t("board.document.shared")}</p>
      <ul className="choices">
        {shared.map(({ id, name }) => (
          <li key={id}>
            <Button
              wide
              icon={LayIcon}
              onClick={() => {
                onClose();
                void deck.lay(id, name);
              }}
            >
              {name}
            </Button>
          </li>
        ))}
      </ul>
      <Button look="primary" wide onClick={() => input.current?.click()}>
        {t("board.document.choose")}
      </Button>
      <DocumentInput deck={deck} input={input} done={onClose} />
    </Dialog>
  );
}
