/** Where the others point, with their names; the light of a laser fades behind it. Drawn beside
 * Excalidraw: a pointer that moves must not draw the whole board anew. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Trails } from "./trails";
import type { Pointer } from "./pointers";
import type { BoardSurface } from "./surface";

export function Pointers({ surface }: { surface: BoardSurface }) {
  const [pointers, setPointers] = useState<readonly Pointer[]>([]);
  const light = useRef<SVGSVGElement>(null);
  const [view, setView] = useState(() => surface.view());
  useEffect(() => surface.on("view", setView), [surface]);
  useEffect(() => {
    if (light.current === null) return;
    const trails = new Trails(light.current, surface);
    const stop = surface.on("pointers", (now) => {
      setPointers(now);
      for (const pointer of now) trails.follow(pointer);
    });
    return () => {
      stop();
      trails.close();
    };
  }, [surface]);
  return (
    <div className="board__pointers" aria-hidden="true">
      <svg ref={light} className="board__light" />
      {pointers.map((pointer) => (
        <Mark key={pointer.participant} pointer={pointer} x={(pointer.x - view.x) * surface.zoom} y={(pointer.y - view.y) * surface.zoom} />
      ))}
    </div>
  );
}

function Mark({ pointer, x, y }: { pointer: Pointer; x: number; y: number }) {
  const mark = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    mark.current?.style.setProperty("translate", `${x}px ${y}px`);
    mark.current?.style.setProperty("--who", pointer.color.background);
  }, [x, y, pointer.color.background]);
  return (
    <div ref={mark} className="board__pointer" data-tool={pointer.tool}>
      <svg viewBox="0 0 20 20" className="board__hand">
        <path d="M3 2.5 16 9l-5.5 1.500L8 16z" />
      </svg>
      <span className="board__name">{pointer.name}</span>
    </div>
  );
}
