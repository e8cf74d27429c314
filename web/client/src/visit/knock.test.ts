/** Knocking: what goes out, and what becomes of every answer. */
import { expect, test } from "vitest";
import { isKnocked, knock, missing, readLink, standing } from "./knock";

const ID = "0123456789abcdef".repeat(2);
const SECRET = "s".repeat(43);
const LINK = { invitation: ID, secret: SECRET, key: "k".repeat(32) };
const NAMES = { first_name: "Gisela", last_name: "Gast" };
const answers = (status: number, body: unknown) => {
  const asked: { path: string; key: string | null; body: unknown }[] = [];
  const ask = (async (path: string, request: RequestInit) => {
    asked.push({ path, key: new Headers(request.headers).get("Idempotency-Key"), body: JSON.parse(String(request.body)) });
    return typeof body === "string" ? new Response(body, { status }) : Response.json(body, { status });
  }) as unknown as typeof fetch;
  return { ask, asked };
};

test("a link is read from its path and from what stands behind the #", () => {
  expect(readLink({ pathname: `/join/${ID}`, hash: `#${SECRET}` })).toEqual({ invitation: ID, secret: SECRET });
  for (const hash of ["", "#", "#short", `#${"x".repeat(101)}`, "#<script>alert(1)</script>xxxxxxxxxx"]) {
    expect(readLink({ pathname: `/join/${ID}`, hash }).secret).toBe("");
  }
  expect(readLink({ pathname: "/join/../../etc", hash: `#${SECRET}` }).invitation).toBe("");
});

test("OB-07: whoever knocks says the secret and two names, in the body and nowhere else", async () => {
  const { ask, asked } = answers(201, { token: "t", seat: "interpreter" });
  const answer = await knock(LINK, NAMES, ask);
  expect(answer).toEqual({ token: "t", seat: "interpreter" });
  expect(isKnocked(answer)).toBe(true);
  expect(asked).toEqual([{ path: `/api/invitations/${ID}/knock`, key: LINK.key, body: { secret: SECRET, ...NAMES } }]);
});

test.each([
  [404, { error: { code: "invitation.unknown", text: "Gilt nicht mehr." } }, { code: "invitation.unknown", field: null, text: "Gilt nicht mehr." }],
  [422, { error: { code: "name.short", field: "first_name", text: "Kurz." } }, { code: "name.short", field: "first_name", text: "Kurz." }],
  [422, { error: { code: "body.unknown", field: "secret", text: "?" } }, { code: "body.unknown", field: null, text: "?" }],
  [500, "<html>", { code: "bug", field: null, text: "" }],
  [201, { seat: "guest" }, { code: "bug", field: null, text: "" }],
])("%i %j becomes what can be said", async (status, body, fault) => {
  expect(await knock(LINK, NAMES, answers(status, body).ask)).toEqual(fault);
});

test("without a network one is told so, and asked nothing else", async () => {
  const gone = (async () => Promise.reject(new TypeError("no network"))) as unknown as typeof fetch;
  expect(await knock(LINK, NAMES, gone)).toMatchObject({ code: "offline" });
  expect(await standing(ID, "t", gone)).toBeNull();
});

test.each([
  [200, { state: "asked" }, { state: "asked" }],
  [200, { state: "admitted", session: ID }, { state: "admitted", session: ID }],
  [200, { state: "admitted", session: "/etc" }, null],
  [200, { state: "admitted" }, null],
  [200, { state: "refused" }, { state: "refused" }],
  [200, { state: "over" }, { state: "over" }],
  [200, { state: "king" }, null],
  [404, { error: { code: "invitation.unknown" } }, { state: "over" }],
  [429, { error: { code: "rate.exceeded" } }, null],
  [503, "", null],
])("a standing of %i %j is %j", async (status, body, found) => {
  expect(await standing(ID, "t", answers(status, body).ask)).toEqual(found);
});

test("a name needs a letter of any script", () => {
  expect(missing({ first_name: " ", last_name: "李" })).toEqual(["first_name"]);
  expect(missing(NAMES)).toEqual([]);
});
