/** The thread beside the page in which one large file is sealed or opened: one task in, one answer out. */
import { type Task, work, WorkFailed } from "./work";

addEventListener("message", (event: MessageEvent<Task>) => {
  const progress = (bytes: number) => postMessage({ progress: bytes });
  work(event.data, progress).then(
    (done) => postMessage({ done }),
    (error: unknown) => postMessage({ failed: error instanceof WorkFailed ? error.failed : null }),
  );
});
