/** The two words in the corner of the stage, and what they are good for. */
import "../styles/identity.css";
import { useCallback, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { icon, ShieldIcon } from "../ui/icons";
import type { Identity } from "./identity";

export function IdentityButton({ identity, name }: { identity: Identity; name: string }) {
  const subscribe = useCallback((changed: () => void) => identity.on("change", changed), [identity]);
  const state = useSyncExternalStore(subscribe, () => identity.state);
  const [open, setOpen] = useState(false);
  if (state.what === "agreeing") return null;
  const refused = state.what === "refused";
  const said = refused ? t("identity.failed") : state.words.join(" · ");
  const close = () => setOpen(false);
  return (
    <>
      <button
        type="button"
        className="identity"
        data-refused={refused}
        aria-label={refused ? said : t("identity.open", { words: said })}
        title={t("identity.title")}
        onClick={() => setOpen(true)}
      >
        {refused ? <BrokenIcon /> : <ShieldIcon />}
        <span>{said}</span>
      </button>
      {open && createPortal(
        <Dialog
          title={refused ? t("identity.failed") : t("identity.title")}
          closeLabel={t("ui.close")}
          onClose={close}
          actions={<Button onClick={close}>{t("identity.understood")}</Button>}
        >
          {refused ? (
            <p>{t("identity.failed.text")}</p>
          ) : (
            <>
              {state.renewed && <p className="identity__renewed">{t("identity.renewed")}</p>}
              <p>{t("identity.read", { name })}</p>
              <p className="identity__words">
                <strong>{state.words[0]}</strong>
                <strong>{state.words[1]}</strong>
              </p>
              <dl className="identity__meaning">
                <dt>{t("identity.same")}</dt>
                <dd>{t("identity.same.text")}</dd>
                <dt>{t("identity.differ")}</dt>
                <dd>{t("identity.differ.text")}</dd>
              </dl>
            </>
          )}
        </Dialog>,
        document.body, // the stage is dark, a sheet of words is not
      )}
    </>
  );
}

const BrokenIcon = icon(
  "BrokenIcon",
  <path d="M12 3 4.5 5.800v5.500c0 4.6 3.1 8 7.5 9.7 4.4-1.7 7.5-5.1 7.5-9.700V5.800zM12 8.500v4M12 15.500v.1" />,
);
