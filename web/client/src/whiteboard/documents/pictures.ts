/** Pictures on the board come from the shared files, and go there. */
import type { Files } from "../../files/files";
import type { PictureSource } from "../pictures";
import { readKey } from "./pages";

export function picturesOf(files: Files): PictureSource {
  return {
    async share(file) {
      try {
        const { id, width, height } = await files.share(file, { board: true });
        const blob = await files.blob(id);
        if (width === undefined || height === undefined) return null;
        return { fileId: id, blob, width, height };
      } catch {
        return null; // the list of files says why
      }
    },
    async blob(fileId) {
      // Pages are no pictures: they are drawn below.
      if (readKey(fileId) !== null) return null;
      return await files.blob(fileId).catch(() => null);
    },
    onMore(heard) {
      let count = files.state.files.length;
      return files.on("change", ({ files: all }) => {
        if (all.length > count) heard();
        count = all.length;
      });
    },
  };
}
