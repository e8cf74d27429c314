/** Files that lie on the board, given to guests who came after they were shared: whoever shared one tells of
 * it again, under an id by which the server knows that it is this file. */
import { hex, sha256, unhex } from "../../sessions/envelope";
import type { Files, SharedFile } from "../../files/files";
import type { Relay } from "../../signaling/relay";
import type { Board } from "../board";
import type { Scene } from "../scene";

type Telling = Pick<Relay, "send">;
type Shown = Pick<Board, "on" | "state" | "scene" | "guests" | "caughtUp">;
type Shared = Pick<Files, "on" | "state">;

/** What this page's person shared before `came`, and is seen on the board. */
export function owed(scene: Scene, files: readonly SharedFile[], came: number): SharedFile[] {
  const there = filesOn(scene);
  return files.filter(({ id, mine, verdict, seq }) => mine && seq < came && there.has(id) && verdict !== "infected");
}

/** What a guest was ever given, even if it was taken back: whatever else lies there was there before they came. */
export class Given {
  readonly #files: Pick<Files, "state">;
  readonly #ids = new Set<string>();

  constructor(files: Pick<Files, "state">) {
    this.#files = files;
  }

  has(file: string): boolean {
    for (const { id } of this.#files.state.files) this.#ids.add(id);
    return this.#ids.has(file);
  }

  hasAll(scene: Scene): boolean {
    return [...filesOn(scene)].every((file) => this.has(file));
  }
}

/** Of pictures, and of pages of documents. */
function filesOn(scene: Scene): Set<string> {
  const there = new Set<string>();
  for (const { type, isDeleted, fileId } of scene.values()) {
    if (type === "image" && !isDeleted && typeof fileId === "string") there.add(fileId.slice(0, 32));
  }
  return there;
}

/** The same in sessions/files.py. */
export async function retoldId(file: string, guest: string): Promise<string> {
  return hex((await sha256(unhex(file + guest))).slice(0, 16));
}

export class Passing {
  readonly #relay: Telling;
  readonly #board: Shown;
  readonly #files: Shared;
  /** Where whoever came last had come when a file was told again: by then all others hear it. */
  readonly #told = new Map<string, number>();

  constructor(relay: Telling, board: Shown, files: Shared) {
    [this.#relay, this.#board, this.#files] = [relay, board, files];
  }

  /** Returns what ends it. */
  start(): () => void {
    const look = () => this.#look();
    const stops = [this.#board.on("change", look), this.#board.on("present", look), this.#files.on("change", look)];
    look();
    return () => {
      for (const stop of stops) stop();
    };
  }

  #look(): void {
    const { caughtUp, state, scene, guests } = this.#board;
    const last = [...guests].at(-1);
    if (!caughtUp || !state.led.open || last === undefined) return;
    const [guest, came] = last;
    for (const file of owed(scene, this.#files.state.files, came)) {
      if ((this.#told.get(file.id) ?? 0) >= came) continue;
      this.#told.set(file.id, came);
      void this.#tell(file, guest);
    }
  }

  /** A page that is loaded anew says it once more: the log has it once. */
  async #tell(file: SharedFile, guest: string): Promise<void> {
    const { id, name, type, size, sha256: digest, width, height, board } = file;
    const looks = width && height ? { width, height } : {};
    const body = { file: id, name, type, size, sha256: digest, ...looks, board };
    await this.#relay.send("file.shared", body, await retoldId(id, guest)).catch(() => undefined);
  }
}
