/** What is on the board, in words: for a list that can be read aloud. Knows no screen. */
import { ordered, type Element, type Scene } from "./scene";

export interface Row {
  readonly id: string;
  readonly type: Element["type"];
  /** What is written, or the name of the page. */
  readonly text: string;
  /** The page that it is on. */
  readonly page: string | null;
  readonly author: string;
  readonly mine: boolean;
  /** A page of a document: it can be found, not taken away. */
  readonly fixed: boolean;
}

type AuthorOf = (id: string) => { name: string; mine: boolean } | null;
const LONGEST = 200;

/** One row for everything that can be seen, from back to front; a text in a shape belongs to it. */
export function rowsOf(scene: Scene, authorOf: AuthorOf): Row[] {
  return ordered(scene)
    .filter((element) => !isPartOf(element, scene))
    .map((element) => {
      const author = authorOf(element.id);
      const frame = scene.get(String(element["frameId"]));
      return {
        id: element.id,
        type: element.type,
        text: wordsOn(element, scene).slice(0, LONGEST),
        page: frame?.type === "frame" && !frame.isDeleted ? nameOf(frame) : null,
        author: author?.name ?? "",
        mine: author?.mine ?? false,
        fixed: element.locked,
      };
    });
}

/** The label of a shape, and the picture of a page. */
function isPartOf(element: Element, scene: Scene): boolean {
  const holder = scene.get(String(element["containerId"]));
  if (element.type === "text" && holder !== undefined && !holder.isDeleted) return true;
  const frame = scene.get(String(element["frameId"]));
  return element.type === "image" && element.locked && frame?.locked === true && !frame.isDeleted;
}

function wordsOn(element: Element, scene: Scene): string {
  if (element.type === "text") return String(element["originalText"] || element["text"]);
  if (element.type === "frame") return nameOf(element);
  const bound = (element["boundElements"] ?? []) as { id: string; type: string }[];
  const label = bound.flatMap(({ id, type }) => (type === "text" ? (scene.get(id) ?? []) : []))[0];
  return label === undefined || label.isDeleted ? "" : String(label["originalText"] ?? "");
}

function nameOf(frame: Element): string {
  return String(frame["name"] ?? "");
}
