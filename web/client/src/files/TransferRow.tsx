/** One file on its way: how far it is, in words too, and what can be done about it. */
import { t } from "../texts";
import { Button } from "../ui/Button";
import type { Files, Transfer } from "./files";
import { movingText, percentOf } from "./words";

export function TransferRow({ transfer, files }: { transfer: Transfer; files: Files }) {
  const { id, name, state, direction } = transfer;
  const failed = state === "failed";
  const named = { name };
  return (
    <li className="file file--moving" data-state={state}>
      <div className="file__words">
        <p className="file__name">
          <bdi>{name}</bdi>
        </p>
        {!failed && <progress max={100} value={percentOf(transfer)} aria-label={t("files.progress", named)} />}
        <p className="file__state">{movingText(transfer)}</p>
      </div>
      {direction === "up" && (
        <div className="file__actions">
          {(state === "sending" || state === "waiting") && (
            <Button look="quiet" aria-label={t("files.pause.label", named)} onClick={() => files.pause(id)}>
              {t("files.pause")}
            </Button>
          )}
          {state === "paused" && (
            <Button look="quiet" aria-label={t("files.resume.label", named)} onClick={() => files.resume(id)}>
              {t("files.resume")}
            </Button>
          )}
          {state !== "sharing" && (
            <Button
              look="quiet"
              aria-label={t(failed ? "files.dismiss.label" : "files.cancel.label", named)}
              onClick={() => files.cancel(id)}
            >
              {t(failed ? "files.dismiss" : "files.cancel")}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
