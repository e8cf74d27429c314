/** This page has no seat in the call (any more): a kind word and the way to a new one. */
import { t } from "../texts";
import { Button } from "../ui/Button";

export function Gone({ again }: { again(): void }) {
  return (
    <div className="after">
      <h1 tabIndex={-1}>{t("after.gone.heading")}</h1>
      <p className="lead">{t("after.gone.text")}</p>
      <Button look="primary" large onClick={again}>
        {t("after.again")}
      </Button>
    </div>
  );
}
