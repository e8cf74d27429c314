/** What may come onto the board out of a clipboard or a file manager: text, pictures, and what was
 * copied from a board. Never HTML, SVG, links or embeds. Knows no Excalidraw and no DOM. */
import { outgoing, type Element } from "./scene";

const MOST = 500;
const MARK = '"excalidraw/clipboard"';

/** Elements that were copied from a board: with new ids, and with none of what they may not have. */
export function copied(text: string, newId: () => string): Element[] | null {
  if (!text.includes(MARK) || text.length > 4_000_000) return null;
  const given = elementsIn(text);
  if (given === null) return null;
  const ids = new Map<unknown, string>();
  for (const one of given) ids.set(one["id"], newId());
  const groups = new Map<unknown, string>();
  const group = (id: unknown) => groups.set(id, groups.get(id) ?? newId()).get(id);
  return given.slice(0, MOST).flatMap((one) => {
    const groupIds = Array.isArray(one["groupIds"]) ? one["groupIds"].map(group) : [];
    return outgoing({ ...renamed(one, ids), groupIds, locked: false, isDeleted: false }) ?? [];
  });
}

function elementsIn(text: string): Record<string, unknown>[] | null {
  try {
    const { type, elements } = JSON.parse(text) as { type?: unknown; elements?: unknown };
    if (type !== "excalidraw/clipboard" || !Array.isArray(elements)) return null;
    return elements.filter((one) => typeof one === "object" && one !== null) as Record<string, unknown>[];
  } catch {
    return null;
  }
}

/** What belongs together still does; what was left behind is let go of. */
function renamed(one: Record<string, unknown>, ids: ReadonlyMap<unknown, string>): object {
  const other = (id: unknown) => ids.get(id) ?? null;
  const ends = (binding: unknown) => {
    const to = other((binding as { elementId?: unknown } | null)?.elementId);
    return to === null ? null : { ...(binding as object), elementId: to };
  };
  const given = Array.isArray(one["boundElements"]) ? (one["boundElements"] as { id?: unknown; type?: unknown }[]) : [];
  const bound = given.map((each) => ({ id: other(each?.id), type: each?.type }));
  return {
    ...one,
    id: other(one["id"]),
    frameId: other(one["frameId"]),
    boundElements: bound.filter(({ id }) => id !== null),
    ...("containerId" in one ? { containerId: other(one["containerId"]) } : {}),
    ...("startBinding" in one ? { startBinding: ends(one["startBinding"]), endBinding: ends(one["endBinding"]) } : {}),
  };
}

/** The same elements, with their middle there. */
export function movedTo(elements: readonly Element[], x: number, y: number): Element[] {
  const left = Math.min(...elements.map((one) => one.x));
  const right = Math.max(...elements.map((one) => one.x + one.width));
  const top = Math.min(...elements.map((one) => one.y));
  const bottom = Math.max(...elements.map((one) => one.y + one.height));
  const [dx, dy] = [x - (left + right) / 2, y - (top + bottom) / 2];
  return elements.map((one) => ({ ...one, x: one.x + dx, y: one.y + dy }));
}
