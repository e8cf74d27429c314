/** Who is there: how many, and on a press who they are. */
import { type ReactNode, useState } from "react";
import { createPortal } from "react-dom";
import type { Person } from "../sessions/session";
import { plural, t } from "../texts";
import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import { PeopleButton } from "./PeopleButton";
import type { Other, Party } from "./party";
import { useParty } from "./Tiles";

interface Props {
  party: Party;
  me: string | null;
  /** Of those who see whom beside the party. */
  pair?: readonly Person[];
}

const NOBODY: readonly Person[] = [];

export function People({ party, me, pair = NOBODY }: Props) {
  const [open, setOpen] = useState(false);
  const { people } = useParty(party);
  const guests = people.filter((one) => one.role === "guest");
  const all = pair.length > 0 ? [...pair, ...guests] : people;
  if (guests.length === 0) return null;
  return (
    <>
      <PeopleButton count={all.length} label={plural("party.count", all.length)} open={() => setOpen(true)} />
      {open && (
        <PeopleDialog close={() => setOpen(false)}>
          <PeopleList people={all} me={me} />
          <p className="small soft">{t("party.people.text")}</p>
        </PeopleDialog>
      )}
    </>
  );
}

/** Not within the stage, whose looks are its own. */
export function PeopleDialog({ close, actions, children }: { close(): void; actions?: ReactNode; children: ReactNode }) {
  return createPortal(
    <Dialog title={t("party.people")} closeLabel={t("ui.close")} onClose={close} actions={actions}>
      {children}
    </Dialog>,
    document.body,
  );
}

const UNSAID: NonNullable<ListProps["words"]> = [];

interface ListProps {
  people: readonly Person[];
  me: string | null;
  /** What can be done about one of them, by participant. */
  actions?: ReadonlyMap<string, ReactNode>;
  /** How the connections are of those who say so. */
  words?: readonly Pick<Other, "participant" | "word">[];
}

export function PeopleList({ people, me, actions, words = UNSAID }: ListProps) {
  return (
    <ul className="people">
      {people.map((one) => (
        <li key={one.participant}>
          <Avatar name={one.name} size="small" />
          <span className="people__who">
            <bdi>{one.name}</bdi>
            <span className="small soft">
              {t(one.participant === me ? "party.role.you" : `party.role.${one.seat ?? one.role}`)}
              {one.present ? connection(words.find(({ participant }) => participant === one.participant)) : ` · ${t("party.away")}`}
            </span>
          </span>
          {actions?.get(one.participant)}
        </li>
      ))}
    </ul>
  );
}

function connection(said: Pick<Other, "word"> | undefined): string {
  return said === undefined || said.word === null || said.word === "none" ? "" : ` · ${t(`party.quality.${said.word}`)}`;
}
