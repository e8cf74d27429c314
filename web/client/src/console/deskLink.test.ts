/** The desk stays fresh, says who is new, and never shows a choice that the server did not take. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NotNow } from "../signaling/admission";
import { Relay } from "../signaling/relay";
import type { Waiting } from "./desk";
import { DeskLink } from "./deskLink";
import { Http } from "./http";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const id = (n: number) => n.toString(16).padStart(32, "0");
const person = (n: number) => ({ session: id(n), first_name: "Ada", last_name: "N", waiting_since_ms: n });

/** The server at the network's edge: what it answers to the requests of this page. */
class Server {
  waiting: object[] = [];
  wish = "away";
  refuse: number | null = null;
  readonly fetch = async (path: RequestInfo | URL, request?: RequestInit): Promise<Response> => {
    if (this.refuse !== null) {
      return Response.json({ error: { code: "signin.needed", text: "" } }, { status: this.refuse });
    }
    if (path === "/api/desk/wish") this.wish = (JSON.parse(String(request?.body)) as { wish: string }).wish;
    return Response.json({ me: { wish: this.wish, in_talk: false }, waiting: this.waiting, now_ms: 0 });
  };
}

function open(server: Server) {
  const arrived: string[][] = [];
  // No network for the channel: what is fetched must do.
  const relay = new Relay({ admit: () => Promise.reject(new NotNow(null)) });
  const link = new DeskLink({
    http: new Http("token", server.fetch as typeof fetch),
    relay,
    onArrivals: (who: readonly Waiting[]) => arrived.push(who.map((one) => one.session)),
    nowMs: () => 0,
  });
  link.start();
  return { link, arrived };
}

test("each person arrives once, also when the channel is silent", async () => {
  const server = new Server();
  server.waiting = [person(1)];
  const { link, arrived } = open(server);
  await vi.advanceTimersByTimeAsync(0);
  server.waiting = [person(1), person(2)];
  await vi.advanceTimersByTimeAsync(5_000);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(arrived).toEqual([[id(1)], [id(2)]]);
  link.stop();
});

test("a wish shows at once, and stays when the server has it", async () => {
  const server = new Server();
  const { link } = open(server);
  await vi.advanceTimersByTimeAsync(0);
  const done = link.wish("free");
  expect(link.state.get().wishPending).toBe("free");
  expect(await done).toBe(true);
  expect(link.state.get()).toMatchObject({ wishPending: null, desk: { wish: "free" } });
  link.stop();
});

test("a wish that was refused is taken back", async () => {
  const server = new Server();
  const { link } = open(server);
  await vi.advanceTimersByTimeAsync(0);
  server.refuse = 429;
  expect(await link.wish("busy")).toBe(false);
  expect(link.state.get()).toMatchObject({ wishPending: null, desk: { wish: "away" } });
  link.stop();
});

test("what is shown is called old while the server does not answer, and the sign-in over at 401", async () => {
  const server = new Server();
  const { link } = open(server);
  await vi.advanceTimersByTimeAsync(0);
  expect(link.state.get()).toMatchObject({ fresh: true, signedOut: false });
  server.refuse = 503;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(link.state.get()).toMatchObject({ fresh: false, signedOut: false });
  server.refuse = 401;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(link.state.get().signedOut).toBe(true);
  link.stop();
});
