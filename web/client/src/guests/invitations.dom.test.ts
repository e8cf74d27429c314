/** What an advisor does about guests, and what becomes of the answers. The server is played. */
import { expect, test } from "vitest";
import { Http } from "../console/http";
import type { Opened } from "../sessions/opened";
import type { Relay } from "../signaling/relay";
import { setWords } from "../texts";
import { Invitations } from "./invitations";

const ONE = "1".repeat(32);
const OPEN = { invitation: ONE, seat: "interpreter", state: "open", expires_ms: 5_000, name: null };

function played() {
  const asked: [string, string, unknown][] = [];
  let rows: unknown = { invitations: [OPEN] };
  let refuse: object | null = null;
  const heard: ((event: Opened) => void)[] = [];
  const relay = { on: (name: string, ear: (event: Opened) => void) => (name === "event" && heard.push(ear), () => undefined) };
  const http = new Http("csrf", async (path, request) => {
    asked.push([request?.method ?? "", String(path), request?.body ? JSON.parse(String(request.body)) : null]);
    if (request?.method === "GET") return Response.json(rows);
    if (refuse !== null) return Response.json({ error: refuse }, { status: 409 });
    return Response.json({ invitation: ONE, secret: "s3cret", expires_ms: 5_000 });
  });
  const invitations = new Invitations({ http, relay: relay as unknown as Relay, session: "s", origin: "https://house.example" });
  const rests = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    await new Promise((later) => setTimeout(later));
  };
  return {
    asked,
    invitations,
    rests,
    rows: (given: unknown) => (rows = given),
    refuse: (given: object) => (refuse = given),
    says: (kind: string) => heard.forEach((ear) => ear({ kind } as Opened)),
  };
}

test("a link has its secret behind the #, and only the page that made it knows it", async () => {
  const { invitations, asked, rests } = played();
  invitations.start();
  await rests();
  expect(invitations.state.get().list).toMatchObject([{ invitation: ONE, seat: "interpreter", state: "open", link: null }]);
  await invitations.invite("interpreter");
  expect(asked).toContainEqual(["POST", "/api/sessions/s/invitations", { seat: "interpreter" }]);
  expect(invitations.state.get().list[0]?.link).toBe(`https://house.example/join/${ONE}#s3cret`);
  expect(invitations.state.get()).toMatchObject({ busy: false, problem: null });
});

test("a knock is heard of by what was announced, and read with its name", async () => {
  const { invitations, rows, says, rests } = played();
  invitations.start();
  await rests();
  rows({ invitations: [{ ...OPEN, state: "asked", name: "Gisela\u202e Gast" }, { state: "asked" }, null, { ...OPEN, state: "??" }] });
  says("chat.message");
  await rests();
  expect(invitations.state.get().list[0]?.state).toBe("open");
  says("invitation.changed");
  await rests();
  expect(invitations.state.get().list).toMatchObject([{ state: "asked", name: "Gisela Gast" }]);
});

test("what is refused is said in the server's words, and the list is true again", async () => {
  setWords({ "guests.failed": "Noch einmal" }, "de");
  const { invitations, refuse, rows } = played();
  refuse({ code: "guests.full", text: "Mehr Gäste gehen nicht." });
  rows({ invitations: [{ ...OPEN, state: "asked", name: "Gisela Gast" }] });
  await invitations.decide(ONE, "admit");
  expect(invitations.state.get()).toMatchObject({ busy: false, problem: "Mehr Gäste gehen nicht.", list: [{ state: "asked" }] });
  refuse({});
  await invitations.remove("a");
  expect(invitations.state.get().problem).toBe("Noch einmal");
});
