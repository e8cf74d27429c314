/** Ready and waiting: one's place, camera and microphone, and the chat to the desk. */
import { useState } from "react";
import { DropHere, FileSide, useFiles, useIncoming } from "../files/FileSide";
import { find } from "../sessions/session";
import { FileIcon } from "../ui/icons";
import { ChatPane } from "../chat/ChatPane";
import { plural, t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Light } from "../ui/Light";
import { Live } from "../ui/Live";
import { useNow } from "../ui/useNow";
import { DevicePanel } from "./DevicePanel";
import { gettingReady } from "./flow";
import { troubleLine } from "./trouble";
import { Announcer, type Place, placeLine, waitLine } from "./waits";
import type { CallActions, CallView } from "./view";

export function Ready({ view, actions }: { view: CallView; actions: CallActions }) {
  return (
    <div className="ready">
      <PlaceCard view={view} actions={actions} />
      <DevicePanel devices={view.devices} given={view.flow.consents} actions={actions} />
      {view.Before && <view.Before view={view} actions={actions} />}
      <div className="card ready__chat">
        <ChatPane
          {...view.chat}
          open
          title={t("ready.chat")}
          emptyText={t("ready.chat.empty")}
          onSend={actions.say}
          onTyping={actions.typing}
          onSeen={actions.seen}
          onRetry={actions.retry}
        />
      </div>
      <FilesCard view={view} actions={actions} />
    </div>
  );
}

/** What the advisor shall have before it begins. */
function FilesCard({ view, actions }: { view: CallView; actions: CallActions }) {
  const { files } = actions;
  const [open, setOpen] = useState(false);
  const over = useIncoming(files, () => setOpen(true));
  const { files: shared, unread } = useFiles(files);
  const count = shared.length;
  return (
    <div className="card ready__files" data-open={open}>
      <Button
        look="quiet"
        wide
        icon={FileIcon}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {count === 0 ? t("files.ready") : plural(unread > 0 ? "files.control.unread" : "files.list", unread || count)}
      </Button>
      <FileSide
        files={files}
        open={open}
        language={view.language}
        nameOf={(participant) => find(view.flow.session, participant)?.name ?? ""}
        inset
      />
      {over && <DropHere />}
    </div>
  );
}

function PlaceCard({ view, actions }: { view: CallView; actions: CallActions }) {
  const now = useNow();
  const [announcer] = useState(() => new Announcer());
  const position = view.flow.session.position;
  const place = position && { position: position.place, expected_s: position.expectedS, free: position.free };
  const ready = gettingReady(view.flow);
  const line = troubleLine(view.trouble, now, view.company);
  const [title, lead, ...more] = (view.handed ?? usual)(place, now);
  return (
    <section className="card ready__place" aria-labelledby="ready-heading">
      <div className="ready__greeting">
        <p className="soft">{t("ready.greeting", { name: view.me })}</p>
        <Connection view={view} />
      </div>
      <h1 id="ready-heading" tabIndex={-1}>
        {title}
      </h1>
      <p className="lead">{lead}</p>
      {more.map((said) => (
        <p key={said} className="small">
          {said}
        </p>
      ))}
      <div className="ready__news" role="status">
        {ready.map((person) => (
          <p key={person.participant} className="ready__person">
            <Avatar name={person.name} size="small" />
            {t("ready.preparing", { name: person.name })}
          </p>
        ))}
      </div>
      {line && (
        <p className="ready__trouble">
          {line.text}
          {line.seconds !== null && `, ${line.seconds} s`}
        </p>
      )}
      {view.checkup && <view.checkup.View checkup={view.checkup} />}
      <Live>{view.handed ? `${title} ${lead}` : place ? announcer.hear(place, now) : ""}</Live>
      <p className="small soft">{t("ready.stay")}</p>
      <Button look="quiet" className="ready__leave" busy={view.ending && t("ready.leaving")} onClick={actions.leave}>
        {t("ready.leave")}
      </Button>
    </section>
  );
}

function usual(place: Place | null): string[] {
  return place ? [placeLine(place), waitLine(place)] : [t("ready.entering"), t("ready.entering.text")];
}

function Connection({ view }: { view: CallView }) {
  const word = view.word ?? "none";
  return <Light word={word}>{t(`ready.connection.${word}`)}</Light>;
}
