/** Where documents meet the board, the files and the relay of a session. */
import { FileRefused, type Files } from "../../files/files";
import type { Relay } from "../../signaling/relay";
import type { Board } from "../board";
import type { Element } from "../scene";
import { ordered } from "../scene";
import type { BoardSurface } from "../surface";
import type { Documents } from "./documents";
import type { Common, Ground, Settled, Sight, Stock } from "./ground";
import type { Given } from "./passing";
import type { Reader } from "./ranges";
import { PdfTrouble, type Trouble } from "./trouble";

export function groundOf(surface: BoardSurface, board: Board): Ground {
  return {
    onView: (heard) => surface.on("view", heard),
    camera: () => {
      const { scrollX, scrollY, zoom } = surface.api.getAppState();
      return { scrollX, scrollY, zoom: zoom.value };
    },
    look: (camera) => surface.look(camera),
    lay: (pieces) => {
      surface.lay(pieces);
      board.changed();
    },
  };
}

export function commonOf(board: Board): Common {
  let [turn, seen]: [number, readonly Element[]] = [-1, []];
  return {
    onChange: (heard) => board.on("change", heard),
    pieces: () => [...board.scene.values()] as readonly Element[] as readonly Settled[],
    ordered: () => {
      if (board.state.turn !== turn) [turn, seen] = [board.state.turn, ordered(board.scene)];
      return seen as readonly Settled[];
    },
    led: () => ({ leader: board.state.led.leader ?? null, locked: board.state.led.locked }),
    isHere: (participant) => board.isHere(participant),
    nameOf: (participant) => board.nameOf(participant),
  };
}

export function sightOf(relay: Relay, board: Board): Sight {
  return {
    me: relay.admission?.participant ?? "",
    send: (view) => void relay.send("board.view", view),
    onView: (heard) =>
      relay.on("event", (event) => {
        if (event.kind === "board.view") heard(event.participant, event.body);
      }),
    onArrival: (heard) => board.on("present", heard),
  };
}

/** What this page shared itself is read from where it came from. `given`: to a guest. */
export function stockOf(files: Files, given: Given | null = null): Stock {
  const own = new Map<string, File>();
  return {
    reader: async (id) => {
      const file = own.get(id);
      if (file !== undefined) return readerOf(file);
      if (given?.has(id) === false) throw new PdfTrouble("before");
      return await kindly(files.reader(id));
    },
    local: async (file) => {
      const head = await file.slice(0, HEAD_BYTES).text().catch(() => "");
      if (!head.includes("%PDF-")) throw new PdfTrouble("kind");
      return readerOf(file);
    },
    share: async (file, provided) => {
      const shared = await kindly(files.share(file, { board: true, provided }));
      own.set(shared.id, file);
      return shared;
    },
  };
}

/** Open what somebody else is about to lay, while its first page is still on its way to the board. */
export function openAhead(files: Files, board: Board, documents: Pick<Documents, "pages">): () => void {
  const known = new Set(files.state.files.map(({ id }) => id));
  return files.on("change", ({ files: all }) => {
    for (const { id, mine, type, board: onBoard } of all.filter((one) => !known.has(one.id))) {
      known.add(id);
      // What is wrong with it shows when it lies there.
      if (!mine && onBoard && type === "application/pdf" && board.caughtUp) documents.pages(id).catch(() => undefined);
    }
  });
}

/** Readers look that far for the head (ISO 32000-1, annex H). */
const HEAD_BYTES = 1_024;

function readerOf(file: Blob): Reader {
  return {
    size: file.size,
    range: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
  };
}

const TROUBLES: Readonly<Record<string, Trouble>> = { gone: "gone", infected: "infected", pending: "pending", altered: "damaged" };

async function kindly<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = error instanceof FileRefused ? error.code : "";
    throw new PdfTrouble(TROUBLES[code] ?? "unreachable", { cause: error });
  }
}
