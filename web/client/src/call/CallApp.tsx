/** The prospect's call: shows the screen of the phase it is in. */
import { useEffect, useSyncExternalStore } from "react";
import { t } from "../texts";
import { Dots } from "../ui/Button";
import { After } from "./After";
import type { Claimant } from "./Receipt";
import { advisorOf, phaseOf } from "./flow";
import { Gone } from "./Gone";
import { Ready } from "./Ready";
import { Talk } from "./Talk";
import type { CallActions, CallView } from "./view";

export interface CallRoom extends CallActions {
  readonly view: CallView;
  readonly options: Claimant;
  watch(changed: () => void): () => void;
}

export function CallApp({ room }: { room: CallRoom }) {
  const view = useSyncExternalStore(room.watch, () => room.view);
  const phase = phaseOf(view.flow);
  const barred = phase === "over" ? null : view.gone ? "gone" : view.elsewhere ? "elsewhere" : null;
  const shown = barred ?? (view.arriving ? "arriving" : phase);
  useTitle(view, shown);
  useEffect(() => {
    document.body.dataset["phase"] = shown;
    // A new screen begins at its heading, for eyes, keyboard and screen reader alike.
    // In the next frame: laying out the new screen here and now would hold up its first picture.
    const frame = requestAnimationFrame(() => {
      window.scrollTo(0, 0);
      document.querySelector<HTMLElement>("#app h1")?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [shown]);
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
      return <Talk view={view} actions={room} />;
    default:
      return <After view={view} files={room.files} claimant={room.options} again={room.again} />;
  }
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
