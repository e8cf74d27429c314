/** The prospect's call: shows the screen of the phase it is in. */
import { type ComponentType, createElement, useEffect, useSyncExternalStore } from "react";
import { Late } from "../files/late";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import type { AfterProps } from "./After";
import { advisorOf, phaseOf } from "./flow";
import { Gone } from "./Gone";
import { Ready } from "./Ready";
import type { TalkProps } from "./Talk";
import type { CallActions, CallView } from "./view";

const after = new Late<ComponentType<AfterProps>>(async () => (await import("./After")).After);
const talk = new Late<ComponentType<TalkProps>>(async () => (await import("./Talk")).Talk);
/** The waiting page comes first, and is there long before anybody answers. */
const TALK_MS = 1_000;
/** The first picture of a talk comes first. */
const AFTER_MS = 4_000;

export interface CallRoom extends CallActions {
  readonly view: CallView;
  watch(changed: () => void): () => void;
}

export function CallApp({ room }: { room: CallRoom }) {
  const view = useSyncExternalStore(room.watch, () => room.view);
  const phase = phaseOf(view.flow);
  const barred = phase === "over" ? null : view.gone ? "gone" : view.elsewhere ? "elsewhere" : null;
  const shown = barred ?? (view.arriving ? "arriving" : phase);
  useTitle(view, shown);
  const parts = { talk: useSyncExternalStore(talk.watch, talk.state), over: useSyncExternalStore(after.watch, after.state) };
  useEffect(() => {
    if (phase === "talk") talk.want();
    const [next, ms] = phase === "waiting" ? [talk, TALK_MS] : [after, phase === "talk" ? AFTER_MS : 0];
    const timer = setTimeout(() => next.want(), ms);
    return () => clearTimeout(timer);
  }, [phase]);
  const drawn = (shown !== "over" && shown !== "talk") || typeof parts[shown] === "function";
  useEffect(() => {
    document.body.dataset["phase"] = shown;
    // A new screen begins at its heading, for eyes, keyboard and screen reader alike.
    // In the next frame: laying out the new screen here and now would hold up its first picture.
    const frame = requestAnimationFrame(() => {
      window.scrollTo(0, 0);
      document.querySelector<HTMLElement>("#app h1")?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [shown, drawn]);
  switch (shown) {
    case "arriving":
      return (
        <p className="arriving" role="status">
          <Dots />
          {t("ready.arriving")}
        </p>
      );
    case "gone":
      return <Gone what={shown} go={room.again} />;
    case "elsewhere":
      return <Gone what={shown} go={room.takeOver} />;
    case "waiting":
      return <Ready view={view} actions={room} />;
    case "talk":
      if (typeof parts.talk === "function") return createElement(parts.talk, { view, actions: room, claimant: room.options });
      return <Coming part={talk} said={t("ready.arriving")} failed={t("ready.arriving")} retry={t("ready.retry")} />;
    default:
      if (typeof parts.over === "function") {
        return createElement(parts.over, { view, files: room.files, claimant: room.options, again: room.again });
      }
      return <Coming part={after} said={t("talk.ending")} failed={t("after.ended")} retry={t("after.more")} />;
  }
}

interface ComingProps {
  part: Pick<Late<unknown>, "state" | "want">;
  said: string;
  failed: string;
  retry: string;
}

/** A screen that is being fetched, or could not be. */
function Coming({ part, said, failed, retry }: ComingProps) {
  const waits = part.state() === null;
  return (
    <div className="arriving" role="status">
      {waits ? <Dots /> : <Button onClick={() => part.want()}>{retry}</Button>}
      {waits ? said : failed}
    </div>
  );
}

/** The tab says what is going on to someone who looks elsewhere. */
function useTitle(view: CallView, shown: string): void {
  const { unread } = view.chat;
  const title =
    shown === "talk"
      ? t("talk.title", { name: advisorOf(view.flow)?.name ?? view.company })
      : t(`${shown === "waiting" || shown === "arriving" ? "ready" : "after"}.title`, { company: view.company });
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [title, unread]);
}
