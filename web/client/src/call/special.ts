/** Which specially protected things this talk may come to: the person is asked before (OB-11). */
import type { Special } from "../sessions/bodies";

/** In the order in which they are asked. */
export const specials: readonly Special[] = [
  "health",
  "belief",
  "union",
  "origin",
  "politics",
  "sexuality",
  "genetics",
  "biometrics",
];

/** A server of the release before knows of health alone. */
export function readConcerns(answer: unknown): Special[] {
  const { health, special } = answer as { health?: unknown; special?: unknown };
  const named: unknown[] = Array.isArray(special) ? special : health === true ? ["health"] : [];
  return specials.filter((one) => named.includes(one));
}
