/** The way to a recording: fetches what asks, shows and sends once it is needed. Comes with a talk
    that may be recorded, and is small. */
import { createElement, useEffect, useSyncExternalStore } from "react";
import { Late } from "../files/late";
import type { RecordingProps } from "./Recording";

const code = new Late(async () => (await import("./Recording")).Recording);

export function RecordingDoor(props: RecordingProps) {
  const Part = useSyncExternalStore(code.watch, code.state);
  // A prospect who is never asked fetches nothing.
  const needed = props.wanted || props.start !== undefined;
  useEffect(() => {
    if (needed) code.want();
  }, [needed]);
  return typeof Part === "function" ? createElement(Part, props) : null;
}
