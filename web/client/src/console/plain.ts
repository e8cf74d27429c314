/** Text that people typed, made safe to show. */

export const nameMaxChars = 80;

const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;

/** A typed name, made safe to stand in a list, a title or a label: visible, one line, bounded. */
export function plain(text: unknown, maxChars = nameMaxChars): string {
  if (typeof text !== "string") return "";
  const clean = text.slice(0, maxChars * 4).replace(invisible, " ").replace(/\s+/gu, " ").trim();
  const chars = [...clean];
  return chars.length <= maxChars ? clean : `${chars.slice(0, maxChars - 1).join("")}…`;
}
