/** The board is live: reports reach their row without a fetch, silence is said. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Http } from "../console/http";
import { PlayedTime, PlayServer, seeded } from "../signaling/network.test.double";
import { Relay } from "../signaling/relay";
import { BoardLink } from "./boardLink";

const SESSION = "c".repeat(32);
const PERSON = "d".repeat(32);
const report = { rtt_ms: 400, loss_pct: 9, jitter_ms: 1, up_kbps: 1, down_kbps: 1, fps: 1 };

let time: PlayedTime;
let server: PlayServer;
let link: BoardLink;
let fetches: number;
let failing: boolean;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  time = new PlayedTime();
  server = new PlayServer(time, seeded(2));
  [fetches, failing] = [0, false];
  const nobody = { participant: null, role: "operator", contentKey: null } as const;
  const admit = async () => ({ ...server.admission("e".repeat(16)), ...nobody, session: "ops" });
  link = new BoardLink({
    http: new Http("token", answer as typeof fetch),
    relay: new Relay({ admit, wire: () => server.open(), clock: time, store: null }),
  });
});
afterEach(() => {
  link.stop();
  time.close();
  vi.useRealTimers();
});

async function answer(path: string): Promise<Response> {
  if (failing) return Response.json({}, { status: 503 });
  fetches += 1;
  const row = { session: SESSION, number: SESSION.slice(0, 8), state: "active", participants: 2, present: 2 };
  return Response.json(path === "/api/ops/health" ? { nodes: [], checks: [] } : { sessions: [row] });
}

test("a report changes its row at once", async () => {
  link.start();
  await vi.advanceTimersByTimeAsync(300);
  await time.until(() => link.state.get().live);
  await vi.advanceTimersByTimeAsync(300);
  const before = fetches;
  const body = { ...report, path: "turn-tls", score: 20, word: "poor", cause: "loss" };
  server.deliver({ seq: null, id: "f".repeat(32), sender: PERSON, kind: "quality.report", at: 1, body, session: SESSION });
  await time.until(() => link.state.get().board?.rows[0]?.word === "poor");
  expect(link.state.get().board?.rows[0]).toMatchObject({ path: "turn-tls", cause: "loss", history: [20] });
  expect(fetches).toBe(before);
});

test("a change is fetched soon, and a server that does not answer is called so", async () => {
  link.start();
  await vi.advanceTimersByTimeAsync(300);
  await time.until(() => link.state.get().live);
  await vi.advanceTimersByTimeAsync(300);
  const before = fetches;
  const body = { session: SESSION, what: "ended" };
  const sender = "0".repeat(32);
  server.deliver({ seq: null, id: "a".repeat(32), sender, kind: "ops.changed", at: 1, body, session: SESSION });
  await time.until(() => false, 100);
  await vi.advanceTimersByTimeAsync(300);
  expect(fetches).toBeGreaterThan(before);
  failing = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(link.state.get()).toMatchObject({ fresh: false, board: { rows: [{ session: SESSION }] } });
});
