/** A document that somebody is about to lay is opened before it lies there; no other is. */
import { expect, test } from "vitest";
import type { Files, FilesState } from "../../files/files";
import type { Board } from "../board";
import { openAhead } from "./wiring";

const PDF = "application/pdf";

function watched(before: object[] = []) {
  const opened: string[] = [];
  let hear: (state: FilesState) => void = () => {};
  const state = { files: before };
  const files = { state, on: (_: string, heard: typeof hear) => ((hear = heard), () => {}) } as unknown as Files;
  const board = { caughtUp: true };
  openAhead(files, board as Board, {
    pages: async (file) => {
      opened.push(file);
      throw new Error("broken");
    },
  });
  const all: object[] = [...before];
  const shared = (file: object) => {
    all.push({ mine: false, board: true, type: PDF, ...file });
    hear({ files: all } as unknown as FilesState);
  };
  return { opened, board, shared };
}

test("somebody else's, for the board, once", () => {
  const { opened, shared } = watched([{ id: "there", mine: false, board: true, type: PDF }]);
  shared({ id: "news" });
  shared({ id: "mine", mine: true });
  shared({ id: "handed over", board: false });
  shared({ id: "picture", type: "image/png" });
  expect(opened).toEqual(["news"]);
});

test("not what the log tells of earlier", () => {
  const { opened, board, shared } = watched();
  board.caughtUp = false;
  shared({ id: "long ago" });
  board.caughtUp = true;
  shared({ id: "news" });
  expect(opened).toEqual(["news"]);
});
