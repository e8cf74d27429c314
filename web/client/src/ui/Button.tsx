/** Buttons. One primary per screen; an icon alone always carries a label. */
import type { ButtonHTMLAttributes, ComponentType, ReactNode, Ref } from "react";

export type Look = "primary" | "plain" | "quiet" | "danger";
type Icon = ComponentType<{ className?: string }>;

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  large?: boolean;
  wide?: boolean;
  icon?: Icon;
  /** Words shown while it works, with moving dots. The button then ignores presses. */
  busy?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", large, wide, icon: Icon, busy, children, className, onClick, ...rest }: Props) {
  const classes = ["button", `button--${look}`, large && "button--large", wide && "button--wide", className];
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(" ")}
      aria-disabled={busy ? true : undefined}
      onClick={busy ? undefined : onClick}
      {...rest}
    >
      {busy ? (
        <>
          <Dots />
          {busy}
        </>
      ) : (
        <>
          {Icon && <Icon />}
          {children}
        </>
      )}
    </button>
  );
}

interface IconButtonProps extends Omit<Props, "children" | "busy" | "large" | "wide"> {
  icon: Icon;
  label: string;
}

export function IconButton({ icon: Icon, label, look = "quiet", className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={["button", "button--icon", `button--${look}`, className].filter(Boolean).join(" ")}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon />
    </button>
  );
}

/** Three breathing dots; say beside them what is happening. */
export function Dots() {
  return (
    <span className="button__dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
