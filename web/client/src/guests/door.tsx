/** The way to who else may come: a sign that counts, and behind it what invites. That comes once the
    first picture is there. */
import { createElement, useEffect, useState, useSyncExternalStore } from "react";
import type { Http } from "../console/http";
import type { Talk } from "../console/talk";
import { useWatched } from "../console/watching";
import { Late } from "../files/late";
import type { Party } from "../party/party";
import { PeopleButton } from "../party/PeopleButton";
import { plural } from "../texts";

export interface DoorProps {
  talk: Talk;
  http: Http;
  /** The server's clock. */
  nowMs: number;
  /** Two soft notes, for an advisor who looks elsewhere. */
  ring(): void;
  /** Asks whether to end the talk and bar its prospect; none: not offered here. */
  bar?(): void;
}

const AFTER_MS = 3_000;
const code = new Late(async () => (await import("./Guests")).Guests);

export function GuestsDoor(props: DoorProps) {
  const Part = useSyncExternalStore(code.watch, code.state);
  const { pair, party } = useWatched(props.talk.state);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => code.want(), AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const guests = useGuests(party.party);
  const press = () => {
    code.want();
    setOpen(true);
  };
  return (
    <>
      <PeopleButton count={pair.length + guests} label={plural("guests.open", pair.length + guests)} open={press} />
      {typeof Part === "function" && createElement(Part, { ...props, open, close: () => setOpen(false) })}
    </>
  );
}

function useGuests(party: Party | null): number {
  return useSyncExternalStore(
    (changed) => party?.on("change", changed) ?? (() => undefined),
    () => party?.state.people.filter(({ role }) => role === "guest").length ?? 0,
  );
}
