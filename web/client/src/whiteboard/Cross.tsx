/** The cross that the arrow keys move over the board. */
import { useLayoutEffect, useRef } from "react";
import type { Cross as Place } from "./steering";

export function Cross({ cross }: { cross: Place | null }) {
  const mark = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (cross !== null) mark.current?.style.setProperty("translate", `${cross.x}px ${cross.y}px`);
  }, [cross]);
  return cross && <div ref={mark} className="board__cross" data-down={cross.down} aria-hidden="true" />;
}
