/** Where sealing and opening are done: small files here, large ones in a thread of their own, a few at a
 * time. It does not know what they are. */
import { type Done, type Failed, type Progress, type Task, work, WorkFailed } from "./work";

const SMALL_BYTES = 1 << 20;
const AT_ONCE = 2;

let busy = 0;
const queue: (() => void)[] = [];

/** Throws `WorkFailed`; code "cancelled" where `signal` says so. */
export async function done(task: Task, progress: Progress, signal?: AbortSignal): Promise<Done> {
  await turn();
  try {
    if (signal?.aborted === true) throw cancelled();
    const small = (task.what === "seal" ? task.clear.size : task.size) <= SMALL_BYTES;
    return await (small ? work(task, progress, signal) : beside(task, progress, signal));
  } catch (error) {
    throw signal?.aborted === true ? cancelled() : error;
  } finally {
    busy -= 1;
    queue.shift()?.();
  }
}

async function turn(): Promise<void> {
  if (busy >= AT_ONCE) await new Promise<void>((go) => queue.push(go));
  busy += 1;
}

function beside(task: Task, progress: Progress, signal?: AbortSignal): Promise<Done> {
  const thread = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const answer = new Promise<Done>((resolve, reject) => {
    thread.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      if (data.progress !== undefined) progress(data.progress);
      else if (data.done !== undefined) resolve(data.done);
      else reject(new WorkFailed(data.failed ?? BROKEN));
    });
    thread.addEventListener("error", () => reject(new WorkFailed(BROKEN)));
    signal?.addEventListener("abort", () => reject(cancelled()));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is no window
    thread.postMessage(task);
  });
  return answer.finally(() => thread.terminate());
}

interface Answer {
  readonly progress?: number;
  readonly done?: Done;
  readonly failed?: Failed | null;
}

const BROKEN: Failed = { status: 0, code: "unreadable", text: "" };

function cancelled(): WorkFailed {
  return new WorkFailed({ status: 0, code: "cancelled", text: "" });
}
