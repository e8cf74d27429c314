/** The others in a talk of more than two: one tile each, an interpreter's large and always there; and a
 * calm word when somebody comes or goes. */
import "../styles/party.css";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { MicrophoneOffIcon, ScreenOffIcon, SpeakerIcon } from "../ui/icons";
import { Light } from "../ui/Light";
import type { News } from "./news";
import type { Other, Party, PartyState } from "./party";

interface Props {
  party: Party;
  /** Whom one sees large already. */
  main?: string | undefined;
  /** Who invites. */
  by: string;
  /** Loudspeaker to use, if the browser can choose one. */
  sink?: string | undefined;
  /** Whoever advises reads which guests have a bad connection. */
  advises?: boolean;
}

export function useParty(party: Party): PartyState {
  return useSyncExternalStore(
    (changed) => party.on("change", changed),
    () => party.state,
  );
}

/** Whose picture everybody has to see well. */
const isLarge = (one: Other) => one.seat === "interpreter" || one.screen;

export function Tiles({ party, main, by, sink, advises = false }: Props) {
  const { others, news } = useParty(party);
  const shown = others.filter((one) => one.participant !== main);
  return (
    <>
      {shown.length > 0 && (
        <ul className="tiles" aria-label={t("party.tiles")}>
          {shown.map((one) => (
            <Tile key={one.participant} one={one} party={party} sink={sink} advises={advises} />
          ))}
        </ul>
      )}
      {news && <Word key={news.id} news={news} by={by} />}
    </>
  );
}

interface TileProps {
  one: Other;
  party: Party;
  sink: string | undefined;
  advises: boolean;
}

function Tile({ one, party, sink, advises }: TileProps) {
  const video = useRef<HTMLVideoElement>(null);
  const audio = useRef<HTMLAudioElement>(null);
  const [blocked, setBlocked] = useState(false);
  const seen = one.camera || one.screen;
  const { stream } = one;
  // Two elements, for a picture track without frames holds back the sound (stage/players.ts).
  useEffect(() => {
    for (const element of [video.current, audio.current]) if (element) element.srcObject = stream;
    void video.current?.play().catch(() => undefined);
    void audio.current?.play().catch((error: unknown) => setBlocked(isRefusal(error)));
  }, [stream]);
  useEffect(() => {
    // Not every browser can choose; then the system's loudspeaker stays.
    if (sink !== undefined) void audio.current?.setSinkId?.(sink).catch(() => undefined);
  }, [sink]);
  const unblock = () => void audio.current?.play().then(() => setBlocked(false));
  return (
    <li className="tile" data-large={isLarge(one)} data-connected={one.connected && one.present} data-testid="tile">
      <video
        ref={video}
        className={one.screen ? "tile__video tile__video--whole" : "tile__video"}
        data-shown={seen && one.connected}
        aria-hidden="true"
        autoPlay
        muted
        playsInline
      />
      <audio ref={audio} autoPlay />
      {!(seen && one.connected) && <Avatar name={one.name} />}
      <p className="tile__who">
        {!one.microphone && (
          <>
            <MicrophoneOffIcon />
            <span className="visually-hidden">{t("talk.muted")}: </span>
          </>
        )}
        <bdi>{one.name}</bdi>
        {one.seat === "interpreter" && <span className="tile__seat">{t("party.seat.interpreter")}</span>}
      </p>
      {!(one.connected && one.present) ? (
        <p className="tile__state">{t(one.present ? "party.connecting" : "party.away")}</p>
      ) : (
        advises && (one.word === "fair" || one.word === "poor") && (
          <p className="tile__state">
            <Light word={one.word}>{t(`party.quality.${one.word}`)}</Light>
          </p>
        )
      )}
      {one.screen && (
        <Button className="tile__stop" icon={ScreenOffIcon} onClick={() => party.stopScreen(one.participant)}>
          {t("talk.screen.stop")}
          <span className="visually-hidden">: {one.name}</span>
        </Button>
      )}
      {blocked && (
        <Button className="tile__unblock" look="primary" icon={SpeakerIcon} onClick={unblock}>
          {t("party.unblock")}
        </Button>
      )}
    </li>
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

const SHOWN_MS = 12_000;
const SAID = { left: "party.left", removed: "party.removed", stopped: "talk.screen.stopped" };

function Word({ news: { what, who }, by }: { news: News; by: string }) {
  const [shown, setShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setShown(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="stage__word party__word" role="status">
      {shown && t(what === "joined" ? `party.joined.${who.seat ?? "guest"}` : SAID[what], { name: who.name, by })}
    </p>
  );
}
