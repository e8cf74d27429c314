/** Whose view it is that one sees, and how to look around; for advisors, what the others see and may. */
import { t } from "../../texts";
import { Switch } from "../../ui/Switch";
import type { Deck } from "./deck";
import { EyeIcon, LockIcon } from "./icons";

interface Props {
  deck: Deck;
  /** For advisors. */
  lead: ((change: { leader?: string | null; locked?: boolean }) => void) | null;
  me: string;
  /** Something lies there that this guest was not given. */
  withheld: boolean;
}

export function FollowLine({ deck, lead, me, withheld }: Props) {
  const { follow, leaderName, locked } = deck.state;
  return (
    <div className="follow">
      {lead !== null && (
        <div className="follow__lead" role="group" aria-label={t("board.follow.lead")}>
          <Switch on={follow.leading} label={t("board.follow.show")} onChange={(on) => lead({ leader: on ? me : null })} />
          <Switch on={locked} label={t("board.follow.lock")} onChange={(on) => lead({ locked: on })} />
        </div>
      )}
      {follow.leader !== null && !follow.leading && (
        <p className="follow__line" role="status">
          <EyeIcon />
          <span>{t(follow.around ? "board.follow.around" : "board.follow.following", { name: leaderName })}</span>
          {follow.around ? (
            <button type="button" className="follow__button" onClick={() => deck.comeBack()}>
              {t("board.follow.back", { name: leaderName })}
            </button>
          ) : (
            <button type="button" className="follow__button" onClick={() => deck.lookAround()}>
              {t("board.follow.look")}
            </button>
          )}
        </p>
      )}
      {lead === null && locked && (
        <p className="follow__line">
          <LockIcon />
          <span>{t("board.follow.locked", { name: leaderName })}</span>
        </p>
      )}
      {withheld && (
        <p className="follow__line" role="status">
          <span>{t("board.document.before")}</span>
        </p>
      )}
    </div>
  );
}
