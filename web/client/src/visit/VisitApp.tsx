/** A guest's page: shows the screen of where their visit stands. */
import { type ComponentType, createElement, useEffect, useSyncExternalStore } from "react";
import { DevicePanel } from "../call/DevicePanel";
import { Gone } from "../call/Gone";
import { Late } from "../files/late";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { KnockForm } from "./KnockForm";
import { isGoodbye, type Phase, type Visit, type VisitView } from "./visit";
import type { VisitTalkProps } from "./VisitTalk";

const talk = new Late<ComponentType<VisitTalkProps>>(async () => (await import("./VisitTalk")).VisitTalk);

export function VisitApp({ visit }: { visit: Visit }) {
  const view = useSyncExternalStore(visit.watch, () => visit.view);
  const part = useSyncExternalStore(talk.watch, talk.state);
  const { phase } = view;
  const shown = view.elsewhere && phase === "talk" ? "elsewhere" : phase;
  // It is there before anybody is let in.
  useEffect(() => {
    if (phase === "asked" || phase === "arriving") talk.want();
  }, [phase]);
  useEffect(() => {
    // While one talks, there is nothing else on the page.
    document.body.dataset["phase"] = shown;
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>("#app h1")?.focus();
  }, [shown]);
  useTitle(view, shown);
  switch (shown) {
    case "form":
      return <KnockForm visit={visit} view={view} />;
    case "broken":
      return <Goodbye view={view} what="broken" />;
    case "elsewhere":
      return <Gone what="elsewhere" go={visit.takeOver} />;
    case "asked":
      return <Waiting visit={visit} view={view} />;
    case "arriving":
      return <Coming said={t("visit.arriving")} />;
    case "talk":
      if (typeof part === "function") return createElement(part, { visit, view });
      return part === "failed" ? <Failed /> : <Coming said={t("visit.arriving")} />;
    default:
      return <Goodbye view={view} what={shown} />;
  }
}

function Coming({ said }: { said: string }) {
  return (
    <p className="arriving" role="status">
      <Dots />
      {said}
    </p>
  );
}

function Failed() {
  return (
    <div className="arriving" role="status">
      <Button onClick={() => talk.want()}>{t("ready.retry")}</Button>
    </div>
  );
}

/** Knocked: whoever invited decides, and meanwhile camera and microphone are made ready. */
function Waiting({ visit, view }: { visit: Visit; view: VisitView }) {
  const { equipment } = visit;
  return (
    <div className="ready visit">
      <section className="card ready__place" aria-labelledby="visit-heading">
        {view.me && <p className="soft">{t("ready.greeting", { name: view.me })}</p>}
        <h1 id="visit-heading" tabIndex={-1}>
          {t("visit.asked")}
        </h1>
        <p className="lead" role="status">
          <Dots /> {t("visit.asked.lead")}
        </p>
        <p className="small soft">{t(`visit.asked.${view.seat}`)}</p>
        <p className="small soft">{t("visit.stay")}</p>
        <Button look="quiet" className="ready__leave" onClick={visit.leave}>
          {t("visit.leave")}
        </Button>
      </section>
      <DevicePanel devices={equipment.view} given={equipment.given} actions={equipment} />
    </div>
  );
}

function Goodbye({ view, what }: { view: VisitView; what: Phase }) {
  return (
    <div className="after">
      <h1 tabIndex={-1}>{t(`visit.${what}`)}</h1>
      <p className="lead">{t(`visit.${what}.text`, { company: view.company })}</p>
      {what !== "broken" && what !== "refused" && what !== "lapsed" && <p>{t("visit.stored", { company: view.company })}</p>}
      <p>
        <a href={`/privacy?lang=${view.language}`} target="_blank" rel="noopener noreferrer">
          {t("after.stored.link")}
        </a>
      </p>
    </div>
  );
}

function useTitle({ company }: VisitView, shown: Phase | "elsewhere"): void {
  const title = t(isGoodbye(shown as Phase) ? "visit.title.over" : shown === "talk" ? "visit.title.talk" : "visit.title", { company });
  useEffect(() => {
    document.title = title;
  }, [title]);
}
