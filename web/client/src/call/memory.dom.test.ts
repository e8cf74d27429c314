import { beforeEach, expect, test } from "vitest";
import { keep, keepSeen, kept, keptSeen } from "./memory";

beforeEach(() => history.replaceState(null, ""));

test("a tab that decided nothing remembers nothing", () => {
  expect(kept()).toBeNull();
  expect(keptSeen()).toBe(0);
});

test("OB-26: what was on and what was read survive a reload without cookie or storage", () => {
  keep({ camera: false, microphone: true });
  keepSeen(7);
  expect(kept()).toEqual({ camera: false, microphone: true });
  expect(keptSeen()).toBe(7);
  expect([document.cookie, localStorage.length, sessionStorage.length]).toEqual(["", 0, 0]);
});

test.each(["text", 3, { devices: "all", seen: "many" }])("strange state %o is no state", (state) => {
  history.replaceState(state, "");
  expect(kept()).toBeNull();
  expect(keptSeen()).toBe(0);
});
