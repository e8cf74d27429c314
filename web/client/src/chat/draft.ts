/** What may be sent from the box. Characters are counted as people and the server count them. */

export const MAX_CHARACTERS = 4000;
const NEAR_THE_END = 200;

export interface Draft {
  /** What would be sent. */
  text: string;
  ready: boolean;
  /** Characters left (negative: too many), once that is worth knowing; else null. */
  left: number | null;
}

export function draft(typed: string): Draft {
  const text = typed.replaceAll("\r\n", "\n").trim();
  const left = MAX_CHARACTERS - [...text].length;
  return {
    text,
    // Marks, fillers and controls alone say nothing.
    ready: left >= 0 && /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(/[\u115F\u1160\u3164\uFFA0\u2800]/gu, "")),
    left: left <= NEAR_THE_END ? left : null,
  };
}
