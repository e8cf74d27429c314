/** What every page of a talk does by itself: where the focus goes, what the back button means, and
    whether a screen can be shown. */
import { useEffect } from "react";

export type Side = "none" | "chat" | "files";

/** So long one reads a word about what is over already. */
export const TOLD_MS = 8_000;

/** Into the box when the chat opens, back to its button when it closes. Where a keyboard would
    slide up over the talk, the person decides. */
export function moveFocus(side: Side, before: Side): void {
  if (side === "files") return; // its button has it, and what comes next is behind it
  if (side === "chat" && !matchMedia("(hover: hover)").matches) return;
  document.querySelector<HTMLElement>(side === "chat" ? ".side textarea" : `.control[data-opens=${before}]`)?.focus();
}

/** The browser's back button must not end a talk by accident: it asks, as the red button does. */
export function useBackButton(ask: () => void): void {
  useEffect(() => {
    const here = location.href;
    history.pushState(history.state, "", here);
    const back = () => {
      history.pushState(history.state, "", here);
      ask();
    };
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
    // Once per talk: `ask` only opens a dialogue.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
}

export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}
