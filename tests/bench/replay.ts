/** For tests/bench/replay.py: a long log of strokes, read by the product's own code from the frames on. */
import { ContentKey, randomHex, seal, sha256, toBase64, ZEROS, type Bytes } from "../../web/client/src/sessions/envelope";
import { Inbox } from "../../web/client/src/signaling/inbox";
import { Fold } from "../../web/client/src/whiteboard/scene";

const POINTS = 60;

Object.assign(globalThis, {
  /** Milliseconds until the last of so many changes is on the board. */
  async replay(changes: number, rounds: number): Promise<number[]> {
    const session = randomHex(32);
    const key = await ContentKey.from(new Uint8Array(32), session);
    const frames = await written(changes, session, key);
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) took.push(await read(frames, session, key));
    return took;
  },
});

async function written(changes: number, session: string, key: ContentKey): Promise<object[]> {
  const sender = randomHex(32);
  const frames: object[] = [];
  let previous: Bytes = ZEROS;
  for (let n = 0; n < changes; n += 1) {
    const points = Array.from({ length: POINTS }, (_, at) => [at * 3.3, Math.sin(at / 5 + n) * 30]);
    const place = { x: n, y: n, width: 200, height: 60, version: 1, versionNonce: n };
    const header = { session, sender, id: randomHex(32), kind: "board.changed", epoch: 1 } as const;
    const bytes = await seal(key, header, { elements: [{ id: `e${n}`, type: "freedraw", ...place, points }] }, n, previous);
    previous = await sha256(bytes);
    frames.push({ ...header, seq: n + 1, at: 1, sealed: toBase64(bytes) });
  }
  return frames;
}

function read(frames: readonly object[], session: string, key: ContentKey): Promise<number> {
  return new Promise((done, failed) => {
    const fold = new Fold();
    const begun = performance.now();
    const inbox = new Inbox({
      opened: (event) => {
        fold.apply(event);
        if (event.seq === frames.length) done(performance.now() - begun);
      },
      doubt: ({ reason }) => failed(new Error(reason)),
      gap: () => failed(new Error("gap")),
    });
    inbox.session = session;
    inbox.addKey(1, key);
    for (const frame of frames) inbox.take(frame);
  });
}
