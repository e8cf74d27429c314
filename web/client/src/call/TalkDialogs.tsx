/** What the talk asks and explains in a dialogue: whether to end it, or to show the screen, and why
    a device did not come. */
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { PermissionHelp } from "./PermissionHelp";
import type { DeviceProblem } from "./view";

interface AskProps {
  /** The words: whether to end the call or to leave it, or to show one's screen, which is asked before the browser asks (OB-46). */
  about: "talk.end." | "talk.share." | "visit.go.";
  look: "danger" | "primary";
  busy?: string | false;
  go(): void;
  close(): void;
}

export function AskDialog({ about, look, busy, go, close }: AskProps) {
  return (
    <Dialog
      title={t(`${about}ask`)}
      closeLabel={t("ui.close")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t(`${about}stay`)}</Button>
          <Button look={look} busy={busy} onClick={go}>
            {t(`${about}confirm`)}
          </Button>
        </>
      }
    >
      <p>{t(`${about}text`)}</p>
    </Dialog>
  );
}

/** The advisor does not come back: nobody has to wait for that, or to begin at the end again. */
export function LostDialog({ name, again, close }: { name: string; again(): void; close(): void }) {
  return (
    <Dialog
      title={t("talk.lost", { name })}
      closeLabel={t("ui.close")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("talk.lost.wait")}</Button>
          <Button look="primary" onClick={again}>
            {t("talk.lost.again")}
          </Button>
        </>
      }
    >
      <p>{t("talk.lost.text")}</p>
    </Dialog>
  );
}

interface ProblemProps {
  problem: DeviceProblem;
  retry(): void;
  close(): void;
}

/** Wanted a device during the talk and did not get it: how to allow it, and on it goes. */
export function ProblemDialog({ problem, retry, close }: ProblemProps) {
  return (
    <Dialog
      title={t(`ready.${problem}`)}
      closeLabel={t("ui.close")}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>{t("talk.without.go")}</Button>
          <Button look="primary" onClick={retry}>
            {t("ready.retry")}
          </Button>
        </>
      }
    >
      <PermissionHelp problem={problem} />
      <p>{t("talk.without")}</p>
    </Dialog>
  );
}
