import { expect, test } from "vitest";
import { problemWith } from "./equipment";
import type { DevicesView } from "./view";

const NONE: DevicesView = {
  undecided: false,
  noting: false,
  asking: false,
  camera: false,
  microphone: false,
  screen: false,
  background: null,
  problem: null,
  lacking: null,
  lackingProblem: null,
  own: null,
  choices: { camera: [], microphone: [], speaker: [] },
  chosen: { camera: "", microphone: "", speaker: "" },
};

test("a problem is told to whoever just wanted that device, and to nobody else", () => {
  const denied = { ...NONE, problem: "denied" } as const;
  expect(problemWith(denied, null)).toBeNull();
  expect(problemWith(denied, "camera")).toBe("denied");
  expect(problemWith({ ...denied, asking: true }, "camera")).toBeNull();
  expect(problemWith({ ...NONE, camera: true }, "camera")).toBeNull();
});

test("one of two devices: only the one that is lacking has a problem", () => {
  const view = { ...NONE, microphone: true, lacking: "camera", lackingProblem: "busy" } as const;
  expect(problemWith(view, "camera")).toBe("busy");
  expect(problemWith({ ...view, microphone: false }, "microphone")).toBeNull();
});
