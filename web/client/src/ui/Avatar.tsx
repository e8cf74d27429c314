/** Initials of someone whose picture is not to be seen. */
import { initials } from "./initials";

export function Avatar({ name, size }: { name: string; size?: "small" | "large" }) {
  return (
    <span className={size ? `avatar avatar--${size}` : "avatar"} data-initials={initials(name)} aria-hidden="true" />
  );
}
