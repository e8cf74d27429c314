/** Fetching on hints: soon, never twice at a time, and every so often without any hint. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refresh } from "./refresh";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rhythm = { gatherMs: 50, everyMs: 5_000 };

test("a burst of hints costs one fetch", async () => {
  const fetch = vi.fn<() => Promise<void>>(async () => undefined);
  const refresh = new Refresh(fetch, rhythm);
  refresh.start();
  await vi.advanceTimersByTimeAsync(0);
  for (let hints = 0; hints < 20; hints += 1) refresh.hint();
  await vi.advanceTimersByTimeAsync(50);
  expect(fetch).toHaveBeenCalledTimes(2);
  refresh.stop();
});

test("a hint during a fetch is not lost: what was fetched may be older than it", async () => {
  let answer = () => undefined as void;
  const fetch = vi.fn<() => Promise<void>>(() => new Promise<void>((resolve) => (answer = resolve)));
  const refresh = new Refresh(fetch, rhythm);
  refresh.start();
  refresh.hint();
  expect(fetch).toHaveBeenCalledTimes(1);
  answer();
  await vi.advanceTimersByTimeAsync(50);
  expect(fetch).toHaveBeenCalledTimes(2);
  refresh.stop();
});

test("without hints it comes back by itself, even after a failure, until it is stopped", async () => {
  const fetch = vi.fn<() => Promise<void>>(async () => Promise.reject(new Error("offline")));
  const refresh = new Refresh(fetch, rhythm);
  refresh.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(fetch).toHaveBeenCalledTimes(3);
  refresh.stop();
  refresh.hint();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(3);
});
