/** What to do about a device that did not come; the steps for this very browser are fetched when they are needed. */
import { type ComponentType, createElement, useEffect, useSyncExternalStore } from "react";
import { Late } from "../files/late";
import { t } from "../texts";
import type { DeviceProblem } from "./view";

const steps = new Late<ComponentType>(async () => (await import("./PermissionSteps")).PermissionSteps);

export function PermissionHelp({ problem }: { problem: DeviceProblem }) {
  const part = useSyncExternalStore(steps.watch, steps.state);
  const denied = problem === "denied";
  useEffect(() => {
    if (denied) steps.want();
  }, [denied]);
  if (denied) return typeof part === "function" ? createElement(part) : null;
  return <p>{t(`ready.${problem}.text`)}</p>;
}
