/** What the server hands to a page: its data and its words, in attributes of `#app`. */
import { setWords } from "./texts";

export interface Page {
  element: HTMLElement;
  data: Readonly<Record<string, unknown>>;
  language: string;
}

/** Read it once per page; the words are then ready for `t`. */
export function pageOf(): Page {
  const element = document.getElementById("app");
  if (!element) throw new Error("#app is missing");
  const language = document.documentElement.lang || "de";
  setWords(parse(element.dataset["texts"]) as Record<string, string>, language);
  return { element, data: parse(element.dataset["page"]), language };
}

function parse(json: string | undefined): Record<string, unknown> {
  return json ? (JSON.parse(json) as Record<string, unknown>) : {};
}
