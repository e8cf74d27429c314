/** Time as the relay sees it, so that a test can let it pass. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Run `job` once, `ms` from now; returns what cancels it. */
  after(ms: number, job: () => void): () => void;
}

export const wallClock: Clock = {
  now: () => Date.now(),
  after(ms, job) {
    const timer = setTimeout(job, ms);
    return () => clearTimeout(timer);
  },
};
