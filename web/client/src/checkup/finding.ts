/** From figures to a finding: one word, one cause, one piece of advice. Pure. */
import { cause, score, word, type Numbers } from "../media/quality";
import type { Bodies, Path } from "../sessions/bodies";
import type { Figures } from "./echoes";

export type Finding = Bodies["checkup.result"];
export type Microphone = Finding["microphone"];

/** So much was tried; a talk with a small picture needs two thirds of it, sound alone a third. */
export const TRIED_KBPS = 300;
const PICTURE_KBPS = 200;
const SOUND_KBPS = 100;
/** What the word may still be, where there is so little room. */
const AT_MOST = { fair: 74, poor: 44 } as const;

export function find(figures: Figures, path: Path, microphone: Microphone): Finding {
  const numbers: Numbers = { ...figures, fps: null, path };
  const { fps: _none, ...told } = numbers;
  const room = roomOf(figures);
  const points = Math.min(score(numbers), room === "good" ? 100 : AT_MOST[room]);
  const narrow = path !== "none" && points < score(numbers);
  return {
    ...told,
    score: points,
    word: narrow && room !== "good" ? room : word(numbers),
    cause: narrow ? "bandwidth" : cause(numbers),
    microphone,
  };
}

/** Nothing got through by any way. */
export function nothing(microphone: Microphone): Finding {
  return find({ rtt_ms: null, jitter_ms: null, loss_pct: null, up_kbps: null, down_kbps: null }, "none", microphone);
}

function roomOf({ up_kbps: up, down_kbps: down }: Figures): "good" | "fair" | "poor" {
  const room = Math.min(up ?? TRIED_KBPS, down ?? TRIED_KBPS);
  return room < SOUND_KBPS ? "poor" : room < PICTURE_KBPS ? "fair" : "good";
}

/** The key of the one thing that helps most. */
export function adviceFor({ cause: found, microphone }: Finding): string {
  if (found !== "ok") return `ready.checkup.advice.${found}`;
  return microphone === "quiet" ? "ready.checkup.advice.quiet" : "ready.checkup.advice.ok";
}
