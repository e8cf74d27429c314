/** Whether the talk may come to what is specially protected, asked while one waits (OB-11). Nothing waits for
    the answer, and what is not answered here is asked in the talk. */
import "../styles/before.css";
import { useRef, useState } from "react";
import type { Special } from "../sessions/bodies";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { specials } from "./special";
import { SpecialConsents, SpecialQuestion, useTopic } from "./SpecialConsent";
import type { CallActions, CallView } from "./view";

export interface BeforeProps {
  view: CallView;
  actions: CallActions;
}

export function Before({ view, actions }: BeforeProps) {
  const topic = useTopic(actions.options, view.language);
  const [later, setLater] = useState(false);
  const place = useRef<HTMLElement>(null);
  const { consents } = view.flow;
  const open = topic?.special.find((one) => consents[one] === undefined);
  const decided = specials.filter((one) => consents[one] !== undefined);
  if (open === undefined && decided.length === 0) return null;
  // The button that is pressed goes: reading and tabbing go on here.
  const then = <Answer,>(answer: Answer) => {
    place.current?.focus();
    return answer;
  };
  const decide = (about: Special, given: boolean) => then(actions.decide(about, given));
  return (
    <section className="card before" aria-label={t("ready.special")} tabIndex={-1} ref={place}>
      <SpecialConsents about={decided} given={consents} decide={decide} />
      {open !== undefined && later && (
        <p className="before__later" role="status">
          {t("ready.special.later.said")}
          <Button look="quiet" onClick={() => then(setLater(false))}>
            {t("ready.special.now")}
          </Button>
        </p>
      )}
      {open !== undefined && !later && (
        <SpecialQuestion key={open} about={open} decide={decide} later={() => then(setLater(true))} />
      )}
    </section>
  );
}
