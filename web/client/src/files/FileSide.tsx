/** Files beside the talk: the way in. What is behind it comes when it is opened for the first time. */
import { type ComponentType, createElement, useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { t } from "../texts";
import { Button, Dots } from "../ui/Button";
import { Live } from "../ui/Live";
import type { PaneProps } from "./FilePane";
import type { Files, FilesState } from "./files";
import { watchIncoming } from "./incoming";
import { Late } from "./late";
import { news } from "./words";

export function useFiles(files: Files): FilesState {
  return useSyncExternalStore(
    (changed) => files.on("change", changed),
    () => files.state,
  );
}

/** Whatever is dropped or pasted is shared; true while something is held over the page. */
export function useIncoming(files: Files, came: () => void): boolean {
  const [over, setOver] = useState(false);
  const took = useEffectEvent((list: readonly File[]) => {
    came();
    for (const file of list) files.share(file).catch(() => undefined); // the list tells why
  });
  useEffect(() => watchIncoming({ over: setOver, came: took }, t("files.pasted")), []);
  return over;
}

const pane = new Late<ComponentType<PaneProps>>(async () => (await import("./FilePane")).FilePane);

export function FileSide(props: PaneProps) {
  const { files, open, nameOf } = props;
  const state = useFiles(files);
  const part = useSyncExternalStore(pane.watch, pane.state);
  useEffect(() => {
    if (open) pane.want();
  }, [open]);
  return (
    <>
      <Live>{useNews(state, nameOf)}</Live>
      {typeof part === "function" ? (
        createElement(part, props)
      ) : (
        open && (
          <div className="chat__empty" role="status">
            {part === "failed" ? (
              <>
                <p>{t("files.unloaded")}</p>
                <Button onClick={() => pane.want()}>{t("files.again")}</Button>
              </>
            ) : (
              <p>
                <Dots /> {t("files.opening")}
              </p>
            )}
          </div>
        )
      )}
    </>
  );
}

/** The picture over everything while something is held above it. */
export function DropHere() {
  return (
    <div className="drop-here" aria-hidden="true">
      <p>{t("files.drop.here")}</p>
    </div>
  );
}

function useNews(state: FilesState, nameOf: (participant: string) => string): string {
  const [said, setSaid] = useState({ state, text: "" });
  if (said.state !== state) {
    // The past is told without being news.
    const past = said.state.files.length === 0 && said.state.transfers.length === 0 && state.files.length > 1;
    const text = past ? "" : news(said.state, state, nameOf);
    setSaid({ state, text: text === "" ? said.text : text });
  }
  return said.text;
}
