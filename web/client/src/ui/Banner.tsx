/** What is going on and what can be done about it, in one place. */
import type { ReactNode } from "react";
import { AlertIcon, CheckIcon, InfoIcon } from "./icons";

export type Tone = "info" | "good" | "warn" | "bad";

const ICONS = { info: InfoIcon, good: CheckIcon, warn: AlertIcon, bad: AlertIcon };

interface Props {
  tone?: Tone;
  title?: ReactNode;
  actions?: ReactNode;
  /** "status" is read out when convenient, "alert" at once; none is not read out by itself. */
  role?: "status" | "alert";
  children?: ReactNode;
}

export function Banner({ tone = "info", title, actions, role, children }: Props) {
  const Icon = ICONS[tone];
  return (
    <div className={`banner banner--${tone}`} role={role}>
      <Icon />
      <div className="banner__body">
        {title && <p className="banner__title">{title}</p>}
        {children && <div>{children}</div>}
        {actions && <div className="banner__actions">{actions}</div>}
      </div>
    </div>
  );
}
