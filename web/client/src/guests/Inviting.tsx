/** A link for one more person: for what, the link itself to copy, and those that are out there. */
import { useId, useRef, useState } from "react";
import { useWatched } from "../console/watching";
import type { GuestSeat } from "../sessions/bodies";
import { plural, t } from "../texts";
import { Button } from "../ui/Button";
import { PlusIcon } from "../ui/icons";
import { Segments } from "../ui/Segments";
import type { Invitation, Invitations, InvitationsState } from "./invitations";

interface Props {
  invitations: Invitations;
  state: InvitationsState;
  nowMs: number;
}

export function Inviting({ invitations, state, nowMs }: Props) {
  const [seat, setSeat] = useState<GuestSeat>("guest");
  const out = state.list.filter((one) => one.state === "open");
  return (
    <section className="guests__inviting" aria-labelledby="guests-invite">
      <h3 id="guests-invite">{t("guests.invite")}</h3>
      {out.map((one) => (
        <Out key={one.invitation} one={one} invitations={invitations} nowMs={nowMs} />
      ))}
      <Segments<GuestSeat>
        legend={t("guests.seat")}
        value={seat}
        choices={(["guest", "interpreter"] as const).map((value) => ({ value, label: t(`guests.seat.${value}`) }))}
        onChange={setSeat}
      />
      <p className="small soft">{t(`guests.seat.${seat}.text`)}</p>
      <Button icon={PlusIcon} look={out.length > 0 ? "plain" : "primary"} busy={state.busy && t("guests.busy")} onClick={() => void invitations.invite(seat)}>
        {t("guests.make")}
      </Button>
    </section>
  );
}

/** One that nobody has opened yet. */
function Out({ one, invitations, nowMs }: { one: Invitation; invitations: Invitations; nowMs: number }) {
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const [copied, setCopied] = useState(false);
  const { busy } = useWatched(invitations.state);
  const minutes = Math.max(1, Math.ceil((one.expiresMs - nowMs) / 60_000));
  const copy = async () => {
    field.current?.select();
    const written = navigator.clipboard?.writeText(one.link ?? "") ?? Promise.reject(new Error("no clipboard"));
    // Where it is not allowed, what is selected can be copied all the same.
    setCopied(await written.then(() => true, () => document.execCommand("copy")));
  };
  return (
    <div className="guests__out">
      <p className="guests__out-head">
        <strong>{t(`guests.out.${one.seat}`)}</strong>
        <span className="small soft">{plural("guests.out.minutes", minutes)}</span>
      </p>
      {one.link === null ? (
        <p className="small">{t("guests.link.gone")}</p>
      ) : (
        <>
          <label className="visually-hidden" htmlFor={id}>
            {t("guests.link")}
          </label>
          <div className="guests__link">
            <input ref={field} id={id} className="input" readOnly value={one.link} onFocus={(event) => event.currentTarget.select()} />
            <Button look="primary" onClick={() => void copy()}>
              {t("guests.copy")}
            </Button>
          </div>
          <p className="small soft">{t("guests.link.text")}</p>
        </>
      )}
      <p className="guests__out-foot">
        <span role="status" className="small">
          {copied && t("guests.copied")}
        </span>
        <Button look="quiet" aria-disabled={busy || undefined} onClick={() => void invitations.decide(one.invitation, "withdraw")}>
          {t("guests.withdraw")}
        </Button>
      </p>
    </div>
  );
}
