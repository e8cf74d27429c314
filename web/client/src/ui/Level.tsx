/** How loud a source is, 0 to 1. Reads `level()` as often as eyes need, not with every frame: that would
    take from picture and sound what they need on a small machine. Never renders React for it. */
import { useEffect, useRef } from "react";

const EVERY_MS = 66;

export function Level({ label, level }: { label: string; level(): number }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let shown = -1;
    const draw = () => {
      const next = Math.round(Math.min(1, Math.max(0, level())) * 100) / 100;
      if (next !== shown) bar.current?.style.setProperty("--level", String((shown = next)));
    };
    const timer = setInterval(draw, EVERY_MS);
    return () => clearInterval(timer);
  }, [level]);
  return <div ref={bar} className="level" role="img" aria-label={label} />;
}
