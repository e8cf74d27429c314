/** The words of this page, in its language. They come with the page, in `data-texts`. */

type Values = Readonly<Record<string, string | number>>;

let words: Readonly<Record<string, string>> = {};
let rules = new Intl.PluralRules("de");

/** Take the words of a catalog; done once by the entry, and by tests. */
export function setWords(catalog: Readonly<Record<string, string>>, language: string): void {
  words = catalog;
  rules = new Intl.PluralRules(language);
}

/** The text named `key` with its `{placeholder}`s filled in; the key itself where there is none. */
export function t(key: string, values: Values = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** As `t`, in the form for `count`: `key.one` or `key.other`, with `{count}` filled in. */
export function plural(key: string, count: number, values: Values = {}): string {
  const form = `${key}.${rules.select(count)}`;
  return t(form in words ? form : `${key}.other`, { count, ...values });
}
