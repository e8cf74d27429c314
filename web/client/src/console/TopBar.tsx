/** The console's head: whose desk this is, the one switch, how it calls, the way out. */
import { t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { BellIcon, LeaveIcon, SpeakerIcon } from "../ui/icons";
import { Segments } from "../ui/Segments";
import type { Permission } from "./attention";
import type { Wish } from "./desk";
import type { SignedInPage } from "./page";
import type { Sound } from "./ring";
import { dots } from "./SideZones";

interface Props {
  readonly page: SignedInPage;
  readonly wish: Wish | null;
  readonly onWish: (wish: Wish) => void;
  readonly sound: Sound;
  readonly onSound: () => void;
  readonly permission: Permission;
  readonly onPermission: () => void;
}

const wishes: readonly Wish[] = ["free", "busy", "away"];

export function TopBar(props: Props) {
  const { page, wish, onWish, sound, onSound, permission, onPermission } = props;
  const { company, me, csrf } = page;
  return (
    <header className="topbar">
      <h1 className="topbar__brand">
        {company} <span>{t("console.title")}</span>
      </h1>
      <div className="topbar__wish">
        <Segments
          legend={t("console.wish.legend")}
          value={wish}
          onChange={onWish}
          choices={wishes.map((value) => ({
            value,
            label: (
              <>
                <span className={`dot dot--${dots[value]}`} aria-hidden="true" />
                {t(`console.wish.${value}`)}
              </>
            ),
          }))}
        />
      </div>
      <div className="topbar__end">
        {sound === "on" && (
          <Button look="quiet" icon={SpeakerIcon} onClick={onSound}>
            <span className="topbar__word">{t("console.sound.try")}</span>
          </Button>
        )}
        {permission === "default" && (
          <Button look="quiet" icon={BellIcon} onClick={onPermission}>
            <span className="topbar__word">{t("console.notify.ask")}</span>
          </Button>
        )}
        <span className="topbar__me">
          <Avatar name={me.name} size="small" />
          <span className="topbar__name">
            <strong>{me.name}</strong>
            {me.title && <span className="soft small">{me.title}</span>}
          </span>
        </span>
        <form method="post" action="/logout">
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit" className="button button--quiet" title={t("console.signout")}>
            <LeaveIcon />
            <span className="topbar__word">{t("console.signout")}</span>
          </button>
        </form>
      </div>
    </header>
  );
}
