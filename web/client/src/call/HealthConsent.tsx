/** The consent to speak of one's health: asked beside the talk, which goes on; changed at any time. */
import "../styles/healthConsent.css";
import { useEffect, useState } from "react";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Live } from "../ui/Live";
import { topicOf, type Topic } from "./topic";
import type { Claimant } from "./Receipt";

const AGAIN_MS = 5_000;

interface Props {
  /** Not decided yet: undefined. */
  given: boolean | undefined;
  decide(given: boolean): void;
}

export function useTopic({ session, token }: Claimant, language: string): Topic | null {
  const [topic, setTopic] = useState<Topic | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const look = async () => {
      const found = await topicOf(session, language, token);
      if (over) return;
      setTopic(found);
      if (found === null) timer = setTimeout(() => setAttempt(attempt + 1), AGAIN_MS);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [session, language, token, attempt]);
  return topic;
}

export function HealthQuestion({ decide }: Pick<Props, "decide">) {
  return (
    <section className="health" aria-labelledby="health-ask">
      <Live>{t("talk.health.ask")}</Live>
      <h2 id="health-ask">{t("talk.health.ask")}</h2>
      <p>{t("talk.health.text")}</p>
      <div className="health__choice">
        <Button onClick={() => decide(false)}>{t("talk.health.stay")}</Button>
        <Button look="primary" onClick={() => decide(true)}>
          {t("talk.health.confirm")}
        </Button>
      </div>
    </section>
  );
}

/** Among the other consents: how it stands, and the other way with one press. */
export function HealthConsent({ given = false, decide }: Props) {
  return (
    <div className="consents">
      <p>
        <span role="status">{t(given ? "talk.health.given" : "talk.health.not")}</span>
        <Button look="quiet" onClick={() => decide(!given)}>
          {t(given ? "talk.health.withdraw" : "talk.health.confirm")}
        </Button>
      </p>
      {!given && <p className="small soft">{t("talk.health.text")}</p>}
    </div>
  );
}
