/** How loud a source is, 0 to 1. Reads `level()` per frame and never renders React for it. */
import { useEffect, useRef } from "react";

export function Level({ label, level }: { label: string; level(): number }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = -1;
    const draw = () => {
      const next = Math.round(Math.min(1, Math.max(0, level())) * 100) / 100;
      if (next !== shown) bar.current?.style.setProperty("--level", String((shown = next)));
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [level]);
  return <div ref={bar} className="level" role="img" aria-label={label} />;
}
