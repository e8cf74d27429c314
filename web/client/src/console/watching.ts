/** Hooks between watched values, the clock and what is drawn. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Watched } from "./cell";

export function useWatched<T>(watched: Watched<T>): T {
  return useSyncExternalStore(watched.watch, watched.get);
}

/** This page's clock, once a second; all running times on a screen share the beat of their parent. */
export function useNowMs(everyMs = 1_000): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** The keyboard shortcut of the screen's one primary action, unless something else has the focus. */
export function useEnter(act: (() => void) | null): void {
  useEffect(() => {
    if (act === null) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || event.repeat || event.defaultPrevented) return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      if (isBusyWithEnter(event.target)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [act]);
}

const ownEnter = "a[href], button, input, select, textarea, summary, [contenteditable], [role=button], dialog";

function isBusyWithEnter(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(ownEnter) !== null;
}
