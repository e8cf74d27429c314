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
