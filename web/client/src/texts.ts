/** The words of this page, in its language. They come with the page, in `data-texts`. */

type Values = Readonly<Record<string, string | number>>;

let words: Readonly<Record<string, string>> = {};
let language = "de";
let rules = new Intl.PluralRules(language);

/** Take the words of a catalog; done once by the entry, and by tests. */
export function setWords(catalog: Readonly<Record<string, string>>, spoken: string): void {
  words = catalog;
  language = spoken;
  rules = new Intl.PluralRules(spoken);
}

/** The text named `key` with its `{placeholder}`s filled in; the key itself where there is none. */
export function t(key: string, values: Values = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Which version of a notice these words are, as events name it: SHA-256 of them, and its beginning. */
export function versionOf(notice: string): { text_version: string; text: string } {
  const text = words[`version.${notice}`] ?? "";
  return { text_version: text.slice(0, 12), text };
}

/** As `t`, in the form for `count`: `key.one` or `key.other`, with `{count}` filled in. */
export function plural(key: string, count: number, values: Values = {}): string {
  const form = `${key}.${rules.select(count)}`;
  return t(form in words ? form : `${key}.other`, { count, ...values });
}

/** How long, as people say it: seconds below a minute, then minutes, then hours and minutes. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return amount(whole, "second");
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return amount(minutes, "minute");
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? amount(hours, "hour") : `${amount(hours, "hour")} ${amount(rest, "minute")}`;
}

function amount(count: number, unit: "second" | "minute" | "hour"): string {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
