/** Who is in the talk, who may come and who has knocked, for the advisor, who alone decides it. */
import "../styles/question.css";
import "../styles/guests.css";
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { createPortal } from "react-dom";
import type { Talk } from "../console/talk";
import { useWatched } from "../console/watching";
import { PeopleDialog, PeopleList } from "../party/People";
import type { Party } from "../party/party";
import { useParty } from "../party/Tiles";
import type { Person } from "../sessions/session";
import { t } from "../texts";
import { Button } from "../ui/Button";
import { Live } from "../ui/Live";
import type { DoorProps } from "./door";
import { Inviting } from "./Inviting";
import { type Invitation, Invitations } from "./invitations";

interface Props extends DoorProps {
  open: boolean;
  close(): void;
}

export function Guests({ talk, http, nowMs, ring, bar, open, close }: Props) {
  const { relay, session } = talk;
  const [invitations] = useState(() => new Invitations({ http, relay, session, origin: location.origin }));
  useEffect(() => invitations.start(), [invitations]);
  const state = useWatched(invitations.state);
  const asked = state.list.filter((one) => one.state === "asked");
  const [first] = asked;
  const knocks = first?.invitation;
  const toll = useEffectEvent(ring);
  useEffect(() => {
    if (knocks !== undefined && document.visibilityState === "hidden") toll();
  }, [knocks]);
  return (
    <>
      <Live>{first ? t("guests.knock", { name: first.name ?? "" }) : ""}</Live>
      {first && !open && createPortal(<Knock key={first.invitation} one={first} invitations={invitations} busy={state.busy} problem={state.problem} />, document.body)}
      {open && (
        <PeopleDialog close={close}>
          {state.problem && (
            <p role="alert" className="guests__failed">
              {state.problem}
            </p>
          )}
          <Present
            talk={talk}
            invitations={invitations}
            busy={state.busy}
            bar={
              bar &&
              (() => {
                close();
                bar();
              })
            }
          />
          {asked.map((one) => (
            <Deciding key={one.invitation} one={one} invitations={invitations} busy={state.busy} />
          ))}
          <Inviting invitations={invitations} state={state} nowMs={nowMs} />
        </PeopleDialog>
      )}
    </>
  );
}

interface DecidingProps {
  one: Invitation;
  invitations: Invitations;
  busy: boolean;
}

/** Somebody waits outside: beside the talk, which goes on. */
function Knock({ problem, ...props }: DecidingProps & { problem: string | null }) {
  return (
    <section className="question undark" aria-labelledby="guests-knock">
      <h2 id="guests-knock">{t("guests.knock", { name: props.one.name ?? "" })}</h2>
      <p>{t(`guests.knock.${props.one.seat}`)}</p>
      {problem && <p role="alert">{problem}</p>}
      <Choice {...props} />
    </section>
  );
}

function Deciding(props: DecidingProps) {
  return (
    <div className="guests__asked">
      <p>
        <strong>{t("guests.knock", { name: props.one.name ?? "" })}</strong>
      </p>
      <p className="small">{t(`guests.knock.${props.one.seat}`)}</p>
      <Choice {...props} />
    </div>
  );
}

function Choice({ one, invitations, busy }: DecidingProps) {
  const decide = (what: "admit" | "refuse") => void invitations.decide(one.invitation, what);
  return (
    <div className="question__choice">
      <Button aria-disabled={busy || undefined} onClick={() => decide("refuse")}>
        {t("guests.refuse")}
      </Button>
      <Button look="primary" busy={busy && t("guests.busy")} onClick={() => decide("admit")}>
        {t("guests.admit")}
      </Button>
    </div>
  );
}

interface PresentProps {
  talk: Talk;
  invitations: Invitations;
  busy: boolean;
  bar: (() => void) | undefined;
}

function Present(props: PresentProps) {
  const { pair, party } = useWatched(props.talk.state);
  if (party.party) return <WithGuests {...props} pair={pair} party={party.party} />;
  return <PeopleList people={pair} me={me(props.talk)} actions={barring(pair, props.bar)} />;
}

/** What may be done with each: the prospect is not removed, but barred, and the talk is over. */
function barring(pair: readonly Person[], bar: (() => void) | undefined): Map<string, ReactNode> {
  const prospects = bar ? pair.filter(({ role }) => role === "prospect") : [];
  return new Map(
    prospects.map(({ participant, name }) => [
      participant,
      <Button key="bar" look="quiet" aria-label={t("console.bar.label", { name })} onClick={bar}>
        {t("console.bar.open")}
      </Button>,
    ]),
  );
}

function WithGuests({ talk, invitations, busy, bar, pair, party }: PresentProps & { pair: readonly Person[]; party: Party }) {
  const { people, others } = useParty(party);
  const guests = people.filter((one) => one.role === "guest");
  const [removing, setRemoving] = useState<string | null>(null);
  const remove = (participant: string) => {
    setRemoving(null);
    void invitations.remove(participant);
  };
  const actions = barring(pair, bar);
  for (const one of guests) {
    actions.set(
      one.participant,
      removing === one.participant ? (
        <span className="guests__sure">
          <Button onClick={() => setRemoving(null)}>{t("guests.remove.stay")}</Button>
          <Button look="danger" busy={busy && t("guests.busy")} onClick={() => remove(one.participant)}>
            {t("guests.remove.confirm")}
          </Button>
        </span>
      ) : (
        <Button look="quiet" aria-label={t("guests.remove.label", { name: one.name })} onClick={() => setRemoving(one.participant)}>
          {t("guests.remove")}
        </Button>
      ),
    );
  }
  return <PeopleList people={[...pair, ...guests]} me={me(talk)} actions={actions} words={others} />;
}

function me(talk: Talk): string | null {
  return talk.relay.admission?.participant ?? null;
}
