import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PlayedStream } from "../media/played.test.double";
import { drop, raise } from "./curtain";
import { moveTo, playersOf } from "./players";

let stream: MediaStream;
beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  stream = new PlayedStream([]) as unknown as MediaStream;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const curtain = () => document.querySelector<HTMLElement>(".curtain");

test("the picture hangs ready, unseen, until it is raised", () => {
  const { video } = playersOf(stream);
  expect(curtain()?.contains(video)).toBe(true);
  expect(curtain()?.dataset["raised"]).toBeUndefined();
  raise(stream, true);
  expect({ ...curtain()?.dataset }).toEqual({ raised: "", beside: "true" });
});

test("it is over with the first picture, after its chance, or when there will be none", async () => {
  let shown = () => {};
  playersOf(stream).video.requestVideoFrameCallback = (callback) => {
    shown = () => callback(0, {} as VideoFrameCallbackMetadata);
    return 1;
  };
  const first = raise(stream);
  const over = vi.fn<() => void>();
  void first.over.then(over);
  await vi.advanceTimersByTimeAsync(100);
  expect(over).not.toHaveBeenCalled();
  shown();
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toHaveBeenCalledOnce();
  const second = raise(stream);
  await vi.advanceTimersByTimeAsync(500);
  await second.over;
  const third = raise(stream);
  third.end();
  await third.over;
});

test("where no stage takes the picture it comes down again", async () => {
  const raised = raise(stream);
  raised.end();
  await raised.over;
  await vi.advanceTimersByTimeAsync(0);
  expect(curtain()?.dataset["raised"]).toBeUndefined();
});

test("the stage takes the picture over, and a talk that is over leaves nothing behind", () => {
  const place = document.body.appendChild(document.createElement("div"));
  moveTo(place, playersOf(stream));
  expect(place.querySelectorAll("video, audio")).toHaveLength(2);
  expect(curtain()).toBeNull();
  const other = new PlayedStream([]) as unknown as MediaStream;
  playersOf(other);
  drop(other);
  expect(curtain()).toBeNull();
});
