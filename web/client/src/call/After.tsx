/** After the call: thanks, what was exchanged to keep, how long it was, what stays stored. */
import { type ComponentType, createElement, useEffect, useSyncExternalStore } from "react";
import { FileSide, useFiles } from "../files/FileSide";
import type { Files } from "../files/files";
import { Late } from "../files/late";
import { find } from "../sessions/session";
import { pageOf } from "../page";
import { atTime, fullMinute } from "../stage/atTime";
import { clock } from "../stage/clock";
import { plural, t } from "../texts";
import { Button } from "../ui/Button";
import { DownloadIcon, LockIcon } from "../ui/icons";
import { advisorOf } from "./flow";
import type { Claimant } from "./Receipt";
import { fileName, save, transcript } from "./transcript";
import type { CallView } from "./view";

const receipt = new Late<ComponentType<Claimant>>(async () => (await import("./Receipt")).Receipt);

export interface AfterProps {
  view: CallView;
  files: Files;
  claimant: Claimant;
  again(): void;
}

export function After({ view, files, claimant, again }: AfterProps) {
  const { session, endedByMe } = view.flow;
  const barred = session.barredUntil ?? null;
  const erased = session.endReason === "erased";
  const part = useSyncExternalStore(receipt.watch, receipt.state);
  useEffect(() => {
    if (!erased) receipt.want();
  }, [erased]);
  const advisor = advisorOf(view.flow);
  const talked = session.acceptedAt !== null;
  const lines = view.chat.lines.filter((line) => line.at !== null);
  const keep = () => {
    const { company, language } = view;
    const text = transcript({ company, language, advisor: advisor?.name ?? null, beganAt: session.acceptedAt, lines });
    save(text, fileName(session.acceptedAt ?? lines[0]?.at ?? 0));
  };
  return (
    <div className="after">
      <h1 tabIndex={-1}>{t(barred === null ? heading(talked, endedByMe, session.endReason) : "after.barred.heading")}</h1>
      {barred === null ? (
        <p className="lead">{t(erased ? "after.lead.erased" : talked ? "after.lead" : "after.lead.left", { company: view.company })}</p>
      ) : (
        <Barred untilMs={barred} view={view} />
      )}
      {advisor && talked && (
        <dl className="facts card">
          <div>
            <dt>{t("after.with")}</dt>
            <dd>
              {advisor.name}
              {advisor.title && <span className="soft">{advisor.title}</span>}
            </dd>
          </div>
          <div>
            <dt>{t("after.length")}</dt>
            <dd className="numeric">{clock((session.endedAt ?? 0) - (session.acceptedAt ?? 0))}</dd>
          </div>
        </dl>
      )}
      {!erased &&
        (typeof part === "function"
          ? createElement(part, claimant)
          : part && <Button onClick={() => receipt.want()}>{t("after.receipt.again")}</Button>)}
      {lines.length > 0 && (
        <section className="card after__keep">
          <h2>{t("after.keep")}</h2>
          <p>{plural("after.keep.text", lines.length)}</p>
          <Button icon={DownloadIcon} onClick={keep}>
            {t("after.keep.save")}
          </Button>
        </section>
      )}
      {useFiles(files).files.length > 0 && (
        <section className="card after__files">
          <h2>{t("files.after")}</h2>
          <p>{t("files.after.text")}</p>
          <FileSide
            files={files}
            open
            over
            language={view.language}
            nameOf={(participant) => find(session, participant)?.name ?? ""}
          />
        </section>
      )}
      {!erased && <section className="after__stored">
        <LockIcon />
        <div>
          <h2>{t("after.stored")}</h2>
          <p>{t("after.stored.text", { company: view.company })}</p>
          <p>
            <a href={`/privacy?lang=${view.language}`} target="_blank" rel="noopener noreferrer">
              {t("after.stored.link")}
            </a>
          </p>
        </div>
      </section>}
      {barred === null && (
        <Button large onClick={again}>
          {t("after.again")}
        </Button>
      )}
    </div>
  );
}

/** Why, until when, and whom to telephone: the same that the start page says until then. */
function Barred({ untilMs, view }: { untilMs: number; view: CallView }) {
  const phone = String(pageOf().data["phone"] ?? "");
  return (
    <>
      <p className="lead">{t("after.barred.lead")}</p>
      <p>{t("after.barred.again", { at: atTime(fullMinute(untilMs), view.flow.session.endedAt ?? untilMs, view.language) })}</p>
      {phone && (
        <p>
          {t("after.barred.urgent", { company: view.company })} <a href={`tel:${phone.replace(/[^+\d]/g, "")}`}>{phone}</a>
        </p>
      )}
    </>
  );
}

function heading(talked: boolean, byMe: boolean, reason: string | null): string {
  if (reason === "erased") return "after.heading.erased";
  if (talked) return "after.heading";
  return byMe || reason === "abandoned" ? "after.heading.left" : "after.heading.missed";
}
