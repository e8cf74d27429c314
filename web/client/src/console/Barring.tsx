/** Ends the talk and bars whoever abuses it: says plainly what happens and for how long, then one press. */
import { useState } from "react";
import { plural, t } from "../texts";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { type Http, Refusal } from "./http";

interface Props {
  readonly session: string;
  readonly name: string;
  /** How long their browser starts no call. */
  readonly minutes: number;
  readonly http: Http;
  readonly onClose: () => void;
}

export function Barring({ session, name, minutes, http, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  // Once it is done, the talk's log says that it is over, and this goes with the stage.
  const go = () => {
    setBusy(true);
    setFailed("");
    http.post(`/api/sessions/${session}/bar`).catch((error: unknown) => {
      setBusy(false);
      setFailed((error instanceof Refusal && error.message) || t("console.bar.failed"));
    });
  };
  return (
    <Dialog
      title={t("console.bar.ask", { name })}
      closeLabel={t("ui.close")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("console.bar.stay")}</Button>
          <Button look="danger" busy={busy && t("console.bar.busy")} onClick={go}>
            {t("console.bar.confirm")}
          </Button>
        </>
      }
    >
      {failed && (
        <p role="alert" className="bar__failed">
          {failed}
        </p>
      )}
      <ul className="bar__what">
        <li>{t("console.bar.end")}</li>
        <li>{plural("console.bar.period", minutes, { name })}</li>
        <li>{t("console.bar.line")}</li>
        <li>{t("console.bar.told", { name })}</li>
      </ul>
      <p className="small soft">{t("console.bar.kept")}</p>
    </Dialog>
  );
}
