/** What this person agreed to, and the way back: one press, as agreeing was. */
import { useState } from "react";
import { t } from "../texts";
import { Button } from "../ui/Button";
import type { Purpose } from "./view";

interface Props {
  given: Readonly<Record<Purpose, boolean>>;
  withdraw(purpose: Purpose): void;
}

export function Consents({ given, withdraw }: Props) {
  const [withdrawn, setWithdrawn] = useState(false);
  const purposes = (["camera", "microphone", "screen"] as const).filter((purpose) => given[purpose]);
  if (purposes.length === 0 && !withdrawn) return null;
  return (
    <div className="consents">
      {purposes.map((purpose) => (
        <p key={purpose}>
          {t(`talk.consent.${purpose}`)}
          <Button
            look="quiet"
            aria-label={t(`talk.consent.withdraw.${purpose}`)}
            onClick={() => {
              setWithdrawn(true);
              withdraw(purpose);
            }}
          >
            {t("talk.consent.withdraw")}
          </Button>
        </p>
      ))}
      <p className="small soft" role="status">
        {withdrawn && t("talk.consent.withdrawn")}
      </p>
    </div>
  );
}
