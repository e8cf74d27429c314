/** Plays the parts of a recording in step: one clock, and a <video> for each part that follows it. */
import { t } from "../texts";
import { clockOf, lengthOf, within, type Lane } from "./lanes";

const TICK_MS = 100;
/** So far may a picture be from the clock before it is put right; less would be heard. */
const DRIFT_S = 0.25;
const JUMP_MS = 10_000;
/** What still has to be fetched holds the clock for so long, and no longer. */
const PATIENCE_MS = 8_000;

interface Follower {
  readonly lane: Lane;
  readonly video: HTMLVideoElement;
}

export class Player {
  /** Where it is, in milliseconds. */
  at = 0;
  playing = false;
  readonly #page: HTMLElement;
  readonly #all: number;
  readonly #followers: readonly Follower[];
  #speed = 1;
  #before = 0;
  #heldSince: number | null = null;

  constructor(page: HTMLElement, lanes: readonly Lane[]) {
    this.#page = page;
    this.#all = lengthOf(lanes);
    const { session = "" } = page.dataset;
    this.#followers = lanes.map((lane) => ({ lane, video: this.#video(session, lane) }));
  }

  start(): void {
    const seek = this.#part<HTMLInputElement>("seek");
    seek.max = String(this.#all);
    seek.addEventListener("input", () => this.seek(Number(seek.value)));
    this.#part("play").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.#part("back").addEventListener("click", () => this.seek(this.at - JUMP_MS));
    this.#part("forward").addEventListener("click", () => this.seek(this.at + JUMP_MS));
    const speed = this.#part<HTMLSelectElement>("speed");
    speed.addEventListener("change", () => (this.#speed = Number(speed.value)));
    setInterval(() => this.#tick(), TICK_MS);
    this.#show();
  }

  play(): void {
    if (this.at >= this.#all) this.at = 0;
    this.playing = true;
    this.#before = performance.now();
    this.#show();
  }

  pause(): void {
    this.playing = false;
    this.#show();
  }

  seek(to: number): void {
    this.at = Math.min(this.#all, Math.max(0, to));
    this.#show();
  }

  #tick(): void {
    const now = performance.now();
    const passed = now - this.#before;
    this.#before = now;
    if (!this.playing) return;
    if (!this.#isHeld(now)) this.at = Math.min(this.#all, this.at + passed * this.#speed);
    if (this.at >= this.#all) this.playing = false;
    this.#show();
  }

  /** Nobody shall be seen before the others are there. */
  #isHeld(now: number): boolean {
    const waits = this.#followers.some(({ lane, video }) => {
      return within(lane, this.at) !== null && !video.error && !video.ended && video.readyState < video.HAVE_FUTURE_DATA;
    });
    this.#heldSince = waits ? (this.#heldSince ?? now) : null;
    return this.#heldSince !== null && now - this.#heldSince < PATIENCE_MS;
  }

  #show(): void {
    for (const follower of this.#followers) this.#follow(follower);
    this.#part("play").textContent = t(this.playing ? "playback.pause" : "playback.play");
    const seek = this.#part<HTMLInputElement>("seek");
    seek.value = String(this.at);
    const time = t("playback.time", { at: clockOf(this.at), all: clockOf(this.#all) });
    seek.setAttribute("aria-valuetext", time);
    this.#part("time").textContent = time;
  }

  #follow({ lane, video }: Follower): void {
    const place = within(lane, this.at);
    video.hidden = place === null;
    if (place === null) return video.pause();
    video.playbackRate = this.#speed;
    const away = Math.abs(video.currentTime - place / 1_000);
    if (away > DRIFT_S && !video.seeking && !(video.ended && this.playing)) video.currentTime = place / 1_000;
    if (!this.playing) video.pause();
    else if (video.paused && !video.ended) void video.play().catch(() => undefined);
  }

  #video(session: string, { id, person }: Lane): HTMLVideoElement {
    const video = document.createElement("video");
    video.preload = "auto";
    video.playsInline = true;
    video.disablePictureInPicture = true;
    video.src = `/api/sessions/${session}/recording/${id}`;
    video.addEventListener("error", () => {
      const trouble = this.#page.querySelector<HTMLElement>(".player__trouble");
      if (trouble) trouble.hidden = false;
    });
    this.#page.querySelector(`[data-person="${person}"] .player__screen`)?.append(video);
    return video;
  }

  #part<Part extends HTMLElement = HTMLElement>(does: string): Part {
    const found = this.#page.querySelector<Part>(`[data-does="${does}"]`);
    if (found === null) throw new Error(`the page has nothing to ${does}`);
    return found;
  }
}
