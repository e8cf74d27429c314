/** Initials of a name in any script: first letter of the first and of the last word. */

const PARTICLES = new Set(["von", "van", "de", "der", "den", "zu", "zum", "zur", "la", "le", "di", "da"]);

export function initials(name: string): string {
  const words = name.normalize("NFC").split(/[\s-]+/u).filter((word) => /\p{L}/u.test(word));
  const strong = words.filter((word) => !PARTICLES.has(word));
  const list = strong.length > 0 ? strong : words;
  const first = letter(list[0]);
  return list.length > 1 ? first + letter(list[list.length - 1]) : first;
}

function letter(word: string | undefined): string {
  return /\p{L}\p{M}*/u.exec(word ?? "")?.[0].toLocaleUpperCase() ?? "";
}
