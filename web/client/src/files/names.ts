/** Names of files, as they may be shown and saved: whatever a sender says, a name shows what it is,
 * leads nowhere and means nothing to any system. It does not know what is in a file. */

const MOST = 120;
/** What Windows takes for a device, whatever stands after the dot. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;
/** Controls, what turns or hides text (bidi, zero width, tags), lone surrogates, private use, unassigned. */
// The variation selectors stand for themselves here, not for what they would vary.
// oxlint-disable-next-line no-misleading-character-class
const UNSEEN = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
/** A joiner says something between letters; anywhere else it only hides. */
const LOOSE_JOINER = /(?<![\p{L}\p{M}\p{Extended_Pictographic}\ufe0f])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}\p{Extended_Pictographic}])/gu;
const FORBIDDEN = /[<>:"|?*\u2044\u2215\u29f5\uff0f\uff3c\ufe68]/g;

/** A name that is safe to show and to save; `unnamed` where nothing is left of it. */
export function cleanName(raw: string, unnamed = "Datei"): string {
  const parts = raw.normalize("NFC").split(/[\\/]/).filter((part) => part.trim() !== "");
  const base = (parts.at(-1) ?? "")
    .replace(UNSEEN, "")
    .replace(LOOSE_JOINER, "")
    .replace(FORBIDDEN, "_")
    .replace(/(\p{M}{3})\p{M}+/gu, "$1")
    .replace(/\s+/gu, " ")
    .replace(/^[\s.~-]+/u, "")
    .replace(/[\s.]+$/u, "");
  const named = DEVICES.test(base) ? `_${base}` : base;
  return shorten(named === "" ? unnamed : named);
}

/** The part after the last dot, in small letters; "" where there is none. */
export function extensionOf(name: string): string {
  return /\.([^.\s]{1,12})$/u.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** The name with one of these extensions: its own, if it is one of them, else the first. */
export function withExtension(name: string, allowed: readonly string[]): string {
  if (allowed.includes(extensionOf(name))) return name;
  const ending = `.${allowed[0] ?? "bin"}`;
  return shorten(name, MOST - ending.length) + ending;
}

/** The middle goes, never the ending: that says what it is. */
function shorten(name: string, most = MOST): string {
  if (name.length <= most) return name;
  const ending = extensionOf(name);
  const tail = ending === "" ? "" : `.${ending}`;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    if (kept.length + segment.length + tail.length + 1 > most) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…${tail}`;
}
