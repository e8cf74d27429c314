/** Does something once whenever a condition comes to hold; while drawing, so that nothing flashes. */
import { useState } from "react";

export function useRise(holds: boolean, then: () => void): void {
  const [before, setBefore] = useState(false);
  if (holds === before) return;
  setBefore(holds);
  if (holds) then();
}
