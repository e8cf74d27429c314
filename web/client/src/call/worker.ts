/** The thread beside the page in which a challenge is solved: one in, one answer out. */
import { solve, type Parameters } from "./work";

addEventListener("message", (event: MessageEvent<Parameters>) => {
  solve(event.data).then(
    (solution) => postMessage(solution),
    () => postMessage(null),
  );
});
