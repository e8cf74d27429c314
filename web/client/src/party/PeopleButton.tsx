/** How many are there; behind it who they are. */
import "../styles/people.css";
import { PeopleIcon } from "./PeopleIcon";

export function PeopleButton({ count, label, open }: { count: number; label: string; open(): void }) {
  return (
    <button type="button" className="people-sign" aria-label={label} title={label} onClick={open}>
      <PeopleIcon />
      <span className="numeric" aria-hidden="true">
        {count}
      </span>
    </button>
  );
}
