/** What calls the advisor: a title that counts, a bell that begins lively and then is patient. */
import { describe, expect, test, vi } from "vitest";
import { titled } from "./attention";
import { pauseMs, Ring } from "./ring";

test("the title counts who waits and says no name", () => {
  expect(titled("Konsole", 0)).toBe("Konsole");
  expect(titled("Konsole", 2)).toBe("(2) Konsole");
  expect(titled("Konsole", 500)).toBe("(99+) Konsole");
});

test("three rings in a row, then a reminder now and then", () => {
  expect([0, 1, 2, 3, 50].map(pauseMs)).toEqual([2_800, 2_800, 2_800, 20_000, 20_000]);
});

class Bell {
  state = "suspended";
  currentTime = 0;
  destination = {};
  struck = 0;
  addEventListener() {}
  async resume() {
    this.state = "running";
  }
  createGain() {
    const gain = { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {}, value: 0 };
    return { gain, connect: (next: unknown) => next };
  }
  createOscillator() {
    this.struck += 1;
    return { frequency: { value: 0 }, connect: (next: unknown) => next, start() {}, stop() {} };
  }
}

describe("the ring", () => {
  test("is silent, and says so, until the browser was given its click", async () => {
    vi.stubGlobal("navigator", {});
    vi.useFakeTimers();
    const bell = new Bell();
    const changed = vi.fn<() => void>();
    const ring = new Ring(changed, () => bell as unknown as AudioContext);
    expect(ring.sound).toBe("asleep");
    ring.start();
    expect(bell.struck).toBe(0);
    await ring.wake();
    expect(ring.sound).toBe("on");
    expect(changed).toHaveBeenCalled();
    vi.advanceTimersByTime(2_800);
    expect(bell.struck).toBeGreaterThan(0);
    ring.stop();
    const before = bell.struck;
    vi.advanceTimersByTime(60_000);
    expect(bell.struck).toBe(before);
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("a browser without sound is no error", () => {
    const ring = new Ring(() => undefined, () => null);
    expect(ring.sound).toBe("none");
    ring.start();
    ring.stop();
    expect(ring.ringing).toBe(false);
  });
});
