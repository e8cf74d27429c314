import { expect, test, vi } from "vitest";
import { Beginner, isBegun, missing } from "./begin";

const BEGUN = { session: "ab".repeat(16), token: "t" };
const anna = { first_name: "Anna", last_name: "Kern" };

function server(...answers: (Response | Error)[]) {
  return vi.fn<typeof fetch>(async () => {
    const answer = answers.shift() ?? new Error("not expected");
    if (answer instanceof Error) throw answer;
    return answer;
  });
}
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const sentBy = (ask: ReturnType<typeof server>, at: number) => {
  const init = ask.mock.calls[at]![1]!;
  return { body: JSON.parse(init.body as string) as unknown, key: (init.headers as Record<string, string>)["Idempotency-Key"] };
};

test("OB-07: two names are sent and nothing else", async () => {
  const ask = server(json(201, BEGUN));
  expect(await new Beginner(ask).begin(anna)).toEqual(BEGUN);
  expect(sentBy(ask, 0).body).toEqual(anna);
});

test("B-029: after an unknown outcome the same wish keeps its key, another wish gets a new one", async () => {
  const ask = server(new Error("timeout"), json(201, BEGUN), json(201, BEGUN));
  const beginner = new Beginner(ask);
  expect(await beginner.begin(anna)).toMatchObject({ code: "offline" });
  await beginner.begin(anna);
  await beginner.begin({ ...anna, topic: "claim" });
  expect(sentBy(ask, 1).key).toBe(sentBy(ask, 0).key);
  expect(sentBy(ask, 2).key).not.toBe(sentBy(ask, 0).key);
});

test("F-28: while the server restarts it is asked again, with the same key, until it is there", async () => {
  const leaving = json(503, { error: { code: "draining", text: "Gleich wieder da.", retry_s: 1 } });
  const ask = server(leaving, new Error("refused"), new Response("<html>", { status: 502 }), json(201, BEGUN));
  expect(await new Beginner(ask, async () => {}).begin(anna)).toEqual(BEGUN);
  expect(new Set([0, 1, 2, 3].map((at) => sentBy(ask, at).key)).size).toBe(1);
});

test.each([
  ["as long as a server takes to be back", true, 16],
  ["less where there is no network at all", false, 6],
])("nobody there: asked again %s, then it is said", async (_, onLine, times) => {
  vi.stubGlobal("navigator", { onLine });
  const ask = server(...Array.from({ length: 99 }, () => new TypeError("Failed to fetch")));
  expect(await new Beginner(ask, async () => {}).begin(anna)).toMatchObject({ code: "absent" });
  expect(ask).toHaveBeenCalledTimes(times);
  vi.unstubAllGlobals();
});

test("F-28: what it then refuses is final, and so is half a minute without it", async () => {
  const leaving = () => json(503, { error: { code: "draining", text: "Gleich wieder da." } });
  const refused = json(400, { error: { code: "name.chars", field: "last_name", text: "Nein." } });
  expect(await new Beginner(server(leaving(), refused), async () => {}).begin(anna)).toMatchObject({ code: "name.chars" });
  const ask = server(...Array.from({ length: 99 }, leaving));
  expect(await new Beginner(ask, async () => {}).begin(anna)).toMatchObject({ text: "Gleich wieder da." });
  expect(ask).toHaveBeenCalledTimes(31);
});

test("a refusal names its field; a broken answer is a fault, not a crash", async () => {
  const refusal = { error: { code: "name.chars", field: "last_name", text: "Bitte nur Buchstaben." } };
  const foreign = { error: { code: "x", field: "constructor", text: 3 } };
  const beginner = new Beginner(server(json(400, refusal), json(400, foreign), new Response("<html>", { status: 502 })));
  expect(await beginner.begin(anna)).toEqual({ code: "name.chars", field: "last_name", text: "Bitte nur Buchstaben." });
  expect(await beginner.begin(anna)).toEqual({ code: "x", field: null, text: "" });
  expect(await beginner.begin(anna)).toEqual({ code: "bug", field: null, text: "" });
});

test("an answer without a session is no call", () => {
  expect(isBegun({ session: "../console", token: "t" })).toBe(false);
  expect(isBegun(null)).toBe(false);
});

test("B-001, B-002: a field without a letter is named before anything is sent", () => {
  expect(missing({ first_name: "", last_name: " \u3164".replace("\u3164", "\u2800") })).toEqual(["first_name", "last_name"]);
  expect(missing({ first_name: "Đặng", last_name: "Łukasz" })).toEqual([]);
});
