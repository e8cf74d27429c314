/** Finds web addresses in plain text. Only http and https become links; everything stays text. */

export interface Piece {
  text: string;
  href?: string;
}

const CANDIDATE = /https?:\/\/[^\s<>"'`\p{C}]+/giu;
const TRAILING = /[.,;:!?…)\]}»“”’*_~]+$/u;

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = trimmed(match[0]);
    const url = safe(shown);
    if (!url) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: honest(shown, url), href: url.href });
    from = match.index + shown.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** Punctuation of the sentence is no part of the address, unless it closes a bracket inside it. */
function trimmed(candidate: string): string {
  const bare = candidate.replace(TRAILING, "");
  const open = bare.split("(").length > bare.split(")").length;
  return open && candidate[bare.length] === ")" ? `${bare})` : bare;
}

function safe(candidate: string): URL | null {
  const url = URL.canParse(candidate) ? new URL(candidate) : null;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  // A name before the @ is how an address pretends to be another.
  return url.username || url.password || !url.hostname ? null : url;
}

/** A host in letters that look like others is shown as what it really is. */
function honest(shown: string, url: URL): string {
  return shown.toLowerCase().includes(`//${url.host}`) ? shown : url.href;
}
