/** This page has no part in the call: not any more, or because another one has. A kind word, and
    the way on. */
import { t } from "../texts";
import { Button } from "../ui/Button";

export function Gone({ what, go }: { what: "gone" | "elsewhere"; go(): void }) {
  return (
    <div className="after">
      <h1 tabIndex={-1}>{t(`after.${what}.heading`)}</h1>
      <p className="lead">{t(`after.${what}.text`)}</p>
      <Button look="primary" large onClick={go}>
        {t(`after.${what}.go`)}
      </Button>
    </div>
  );
}
