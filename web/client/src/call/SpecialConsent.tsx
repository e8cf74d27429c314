/** The consent to speak of what is specially protected: asked while one waits or beside the talk, neither of
    which it holds up; changed at any time. */
import "../styles/question.css";
import { useEffect, useState } from "react";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { Live } from "../ui/Live";
import type { Special } from "../sessions/bodies";
import type { Consents } from "./flow";
import type { Claimant } from "./Receipt";
import { specials } from "./special";
import { topicOf, type Topic } from "./topic";

const AGAIN_MS = 5_000;

interface Question {
  about: Special;
  /** Resolves to undefined where the log does not take it. */
  decide(about: Special, given: boolean): Promise<unknown>;
  /** Where it may be put off. */
  later?: () => void;
}

/** What this talk may come to; null while it is not known. */
export function useTopic({ session, token }: Claimant, language: string): Topic | null {
  const [known, setKnown] = useState<Topic | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const look = async () => {
      const found = await topicOf(session, language, token);
      if (over) return;
      setKnown(found);
      if (found === null) timer = setTimeout(() => setAttempt(attempt + 1), AGAIN_MS);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [session, language, token, attempt]);
  return known;
}

export function SpecialQuestion({ about, decide, later }: Question) {
  const ask = t(`talk.${about}.ask`);
  const [noting, setNoting] = useState(false);
  const say = async (given: boolean) => {
    setNoting(true);
    if ((await decide(about, given)) === undefined) setNoting(false);
  };
  return (
    <section className="question" aria-labelledby="special-ask">
      <Live>{ask}</Live>
      <h2 id="special-ask">{ask}</h2>
      <p>{t(`talk.${about}.text`)}</p>
      {noting ? (
        <p role="status">
          <Dots /> {t("talk.health.noting")}
        </p>
      ) : (
        <div className="question__choice">
          <Button onClick={() => void say(false)}>{t("talk.health.stay")}</Button>
          <Button look={later ? "plain" : "primary"} onClick={() => void say(true)}>
            {t("talk.health.confirm")}
          </Button>
          {later && (
            <Button look="quiet" onClick={later}>
              {t("ready.special.later")}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

interface All {
  about: readonly Special[];
  given: Consents;
  decide: Question["decide"];
}

/** Among the other consents: how each stands, and the other way with one press. */
export function SpecialConsents({ about, given, decide }: All) {
  const shown = specials.filter((one) => about.includes(one) || given[one]);
  return shown.map((one) => <Standing key={one} about={one} given={given[one] ?? false} decide={decide} />);
}

function Standing({ about, given, decide }: Question & { given: boolean }) {
  return (
    <div className="consents">
      <p>
        <span role="status">{t(`talk.${about}.${given ? "given" : "not"}`)}</span>
        <Button look="quiet" onClick={() => void decide(about, !given)}>
          {t(given ? "talk.health.withdraw" : "talk.health.confirm")}
        </Button>
      </p>
      {!given && <p className="small soft">{t(`talk.${about}.text`)}</p>}
    </div>
  );
}
