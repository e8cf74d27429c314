/** The recording of a talk on the screen: asked before, a sign while it runs, ended with one press. */
import "../styles/question.css";
import "../styles/recording.css";
import { useEffect, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import type { Terms } from "../call/topic";
import type { Devices } from "../media/devices";
import type { Proof } from "../signaling/admission";
import type { Relay } from "../signaling/relay";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Live } from "../ui/Live";
import { isRecorded, standingOf, type Standing } from "./standing";
import { Tape, type TapeState } from "./tape";

export interface RecordingProps {
  terms: Terms;
  /** An advisor wants to record, and nobody has ended that. */
  wanted: boolean;
  /** What this person decided, and the other one; the other of a prospect has asked. */
  mine: boolean | undefined;
  theirs?: boolean | undefined;
  /** Of the other one. */
  name: string;
  /** The talk is on this page, and not on another one of this person's. */
  here: boolean;
  ends(): { relay: Relay; devices: Devices };
  claim: { session: string } & Proof;
  /** Resolves once it is in the log, or cannot be. */
  agree(given: boolean): Promise<unknown>;
  /** Of whoever may ask for it: the question is open, and how to close it. */
  start?: { open: boolean; close(): void };
}

export function Recording(props: RecordingProps) {
  const { wanted, mine, name, start, agree, ends, claim } = props;
  const standing = standingOf({ wanted, mine, theirs: start === undefined ? true : props.theirs });
  const [tape, state] = useTape(ends, claim);
  const [open, setOpen] = useState(false);
  const recorded = isRecorded(standing) && props.here;
  useEffect(() => (recorded ? tape.start() : tape.stop()), [tape, recorded]);
  const end = () => {
    tape.stop(true);
    setOpen(false);
    start?.close();
    void ends().relay.send("recording.changed", { on: false }).catch(() => undefined);
    // Asked once more, a person decides once more.
    if (start === undefined && mine) void agree(false);
  };
  const decide = (given: boolean) => {
    if (!given) tape.stop();
    setOpen(false);
    void agree(given);
  };
  const begin = () => {
    start?.close();
    void agree(true).then(() => ends().relay.send("recording.changed", { on: true }).catch(() => undefined));
  };
  const words = wordsOf(standing, state, name);
  return (
    <>
      <Said words={words} off={standing === "off"} />
      {wanted && (
        <button
          type="button"
          className="recording-sign"
          data-on={standing !== "ask" && standing !== "asking"}
          aria-label={t("recording.sign.open")}
          title={t("recording.sign.open")}
          onClick={() => setOpen(true)}
        >
          <i aria-hidden="true" />
          {t(standing === "ask" || standing === "asking" ? "recording.sign.asked" : "recording.sign")}
        </button>
      )}
      {standing === "ask" && !open && above(<Question terms={props.terms} decide={decide} />)}
      {open && wanted && above(
        <Dialog title={t("recording.title")} closeLabel={t("ui.close")} onClose={() => setOpen(false)}>
          <p>{words || t("recording.sign.asked")}</p>
          <p className="small soft">{t("recording.text", { ...props.terms })}</p>
          <div className="question__choice">
            {mine && start === undefined && <Button onClick={() => decide(false)}>{t("recording.withdraw")}</Button>}
            {!mine && start === undefined && <Button onClick={() => decide(true)}>{t("recording.confirm")}</Button>}
            <Button look="danger" onClick={end}>
              {t("recording.stop")}
            </Button>
          </div>
          <p className="small soft">{t("recording.stop.text")}</p>
        </Dialog>
      )}
      {start?.open && above(
        <Dialog
          title={t("recording.ask")}
          closeLabel={t("ui.close")}
          onClose={start.close}
          actions={
            wanted ? (
              <Button look="danger" onClick={end}>
                {t("recording.stop")}
              </Button>
            ) : (
              <>
                <Button onClick={start.close}>{t("recording.refuse")}</Button>
                <Button look="primary" onClick={begin}>
                  {t("recording.confirm")}
                </Button>
              </>
            )
          }
        >
          <p>{wanted ? words : t("recording.text", { ...props.terms })}</p>
        </Dialog>
      )}
    </>
  );
}

/** Not within the stage, whose looks are its own. */
function above(part: ReactNode) {
  return createPortal(part, document.body);
}

function Question({ terms, decide }: { terms: Terms; decide(given: boolean): void }) {
  return (
    <section className="question question--recording undark" aria-labelledby="recording-ask">
      <h2 id="recording-ask">{t("recording.ask")}</h2>
      <p>{t("recording.text", { ...terms })}</p>
      <div className="question__choice">
        <Button onClick={() => decide(false)}>{t("recording.refuse")}</Button>
        <Button look="primary" onClick={() => decide(true)}>
          {t("recording.confirm")}
        </Button>
      </div>
    </section>
  );
}

/** Said when it changes; that it has ended only to whom it was said that it runs. */
function Said({ words, off }: { words: string; off: boolean }) {
  const [ran, setRan] = useState(false);
  if (!off && !ran) setRan(true);
  return <Live>{off ? (ran ? t("recording.off") : "") : words}</Live>;
}

function wordsOf(standing: Standing, tape: TapeState, name: string): string {
  if (isRecorded(standing) && (tape === "failing" || tape === "impossible")) return t(`recording.${tape}`);
  switch (standing) {
    case "ask":
      return t("recording.ask");
    case "asking":
      return t("recording.asked", { name });
    case "both":
      return t("recording.notice.both");
    case "me":
      return t("recording.notice.me_only", { name });
    case "them":
      return t("recording.notice.them", { name });
    case "none":
      return t("recording.refused");
    default:
      return "";
  }
}

/** One for as long as the talk is on the screen. */
function useTape(ends: RecordingProps["ends"], { session, ...proof }: RecordingProps["claim"]): [Tape, TapeState] {
  const [state, changed] = useState<TapeState>("off");
  const [tape] = useState(() => new Tape({ ...ends(), session, proof, changed }));
  useEffect(() => () => tape.stop(), [tape]);
  return [tape, state];
}
