/** The little picture before a file's name: of the picture itself, or a sheet with its kind. */
import { useEffect, useRef, useState } from "react";
import { FileIcon } from "../ui/icons";
import type { Files, SharedFile } from "./files";
import { isPreviewed, thumbnail } from "./preview";

const EDGE = 112;

export function Picture({ file, files }: { file: SharedFile; files: Files }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  const wanted = isPreviewed(file);
  const { id } = file;
  useEffect(() => {
    if (!wanted) return;
    let gone = false;
    const draw = async () => {
      const picture = await thumbnail(await files.blob(id), EDGE);
      const surface = canvas.current;
      if (picture === null || gone || surface === null) return;
      [surface.width, surface.height] = [picture.width, picture.height];
      surface.getContext("2d")?.drawImage(picture, 0, 0);
      picture.close();
      setDrawn(true);
    };
    draw().catch(() => undefined); // the sheet stays; saving says why
    return () => {
      gone = true;
    };
  }, [files, id, wanted]);
  return (
    <div className="file__picture" aria-hidden="true" data-drawn={drawn}>
      {wanted && <canvas ref={canvas} hidden={!drawn} />}
      {!drawn && <FileIcon />}
    </div>
  );
}
