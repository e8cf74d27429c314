/** The console: three zones at the desk, or the talk in full. Which of them, the shift says. */
import { lazy, Suspense, useCallback } from "react";
import { plural, t } from "../texts";
import { Banner } from "../ui/Banner";
import { Button, Dots, IconButton } from "../ui/Button";
import { CloseIcon, SpeakerIcon } from "../ui/icons";
import { Live } from "../ui/Live";
import { Afterwards } from "./Afterwards";
import { titled } from "./attention";
import { DeskZone } from "./DeskZone";
import { DevicePrep } from "./DevicePrep";
import type { ConsolePage } from "./page";
import type { Shift } from "./shift";
import { inOrder, rings } from "./handed";
import { DayZone, RunningZone } from "./SideZones";
import { TalkView } from "./TalkView";
import { TopBar } from "./TopBar";
import { useEnter, useNowMs, useTitle, useWatched } from "./watching";

/** For leads alone, who are few. */
const TeamZone = lazy(() => import("./Team"));

export function Console({ shift, page }: { shift: Shift; page: ConsolePage }) {
  const { talk } = useWatched(shift.state);
  return talk === null ? <AtTheDesk shift={shift} page={page} /> : <TalkView talk={talk} shift={shift} page={page} />;
}

function AtTheDesk({ shift, page }: { shift: Shift; page: ConsolePage }) {
  const { desk, fresh, wishPending } = useWatched(shift.link.state);
  const { accepting, notice, summary, sound, permission } = useWatched(shift.state);
  const readiness = useWatched(shift.devices.state);
  const nowMs = useNowMs();
  const [first] = desk === null ? [] : inOrder(desk, nowMs + desk.skewMs).open;
  // Whoever was let go a moment ago is not taken again by the same key.
  const next = first && rings(first, nowMs + shift.skewMs()) ? first.session : null;
  const accept = useCallback((session: string) => void shift.accept(session), [shift]);
  const acceptNext = useCallback(() => void (next !== null && shift.accept(next)), [shift, next]);
  useTitle(titled(`${t("console.page")} – ${page.company}`, desk?.waiting.length ?? 0));
  useEnter(desk?.wish === "free" && !desk.inTalk && next !== null && accepting === null ? acceptNext : null);
  return (
    <div className="console">
      <TopBar
        page={page}
        wish={wishPending ?? desk?.wish ?? null}
        onWish={(wish) => void shift.wish(wish)}
        sound={sound}
        onSound={() => void shift.trySound()}
        permission={permission}
        onPermission={() => void shift.askPermission()}
      />
      <div className="console__body">
        <div className="console__main">
          {sound === "asleep" && (
            <Banner
              actions={
                <Button icon={SpeakerIcon} onClick={() => void shift.trySound()}>
                  {t("console.sound.wake")}
                </Button>
              }
            >
              {t("console.sound.asleep")}
            </Banner>
          )}
          {!fresh && <Banner tone="warn" role="status">{t("console.desk.stale")}</Banner>}
          {notice !== null && (
            <div className="notice" role="status">
              <p>{t(`console.notice.${notice}`)}</p>
              <IconButton icon={CloseIcon} label={t("console.notice.close")} onClick={() => shift.dismissNotice()} />
            </div>
          )}
          {summary !== null && (
            <Afterwards
              summary={summary}
              waiting={desk?.waiting.length ?? 0}
              nowMs={nowMs}
              language={page.lang}
              onClose={() => shift.dismissSummary()}
            />
          )}
          {desk === null ? (
            <p className="wait soft" role="status">
              <Dots /> {t("console.desk.loading")}
            </p>
          ) : (
            <DeskZone
              desk={desk}
              nowMs={nowMs}
              accepting={accepting}
              asksLater={readiness.phase === "off" && !shift.devices.decided}
              topicName={page.topicName}
              onAccept={accept}
              onFree={() => void shift.wish("free")}
            />
          )}
        </div>
        <div className="console__side">
          <DevicePrep readiness={readiness} devices={shift.devices} />
          {desk !== null && (
            <>
              <RunningZone desk={desk} nowMs={nowMs} onReturn={(session) => shift.comeBack(session)} />
              <DayZone desk={desk} language={page.lang} />
              {page.leads && (
                <Suspense fallback={null}>
                  <TeamZone http={shift.http} desk={desk} language={page.lang} />
                </Suspense>
              )}
            </>
          )}
        </div>
      </div>
      <Live>{desk === null ? "" : said(desk.waiting.length)}</Live>
    </div>
  );
}

/** For screen readers, on each change of the number and never with the running times. */
function said(waiting: number): string {
  return waiting === 0 ? t("console.desk.said.none") : plural("console.desk.said", waiting);
}
