import { expect, test, vi } from "vitest";
import { Beginner } from "./begin";
import { Prover, type Solve } from "./prover";
import { solve, type Parameters } from "./work";

const PARAMETERS: Parameters = {
  algorithm: "PBKDF2/SHA-256",
  nonce: "00112233445566778899aabbccddeeff",
  salt: "ffeeddccbbaa99887766554433221100",
  cost: 10,
  keyLength: 32,
  keyPrefix: "5a",
};
const BEGUN = { session: "ab".repeat(16), token: "t" };
const anna = { first_name: "Anna", last_name: "Kern" };
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const refusal = (code: string) => json(403, { error: { code, text: "…" } });

/** Answers challenges by itself, starts from a list. */
function house(needed: boolean, ...answers: Response[]) {
  const sent: (string | undefined)[] = [];
  const ask = vi.fn<typeof fetch>(async (path, init) => {
    if (path === "/api/challenge") return json(200, { parameters: PARAMETERS, signature: "s", needed });
    sent.push((init!.headers as Record<string, string>)["Proof-Of-Work"]);
    return answers.shift()!;
  });
  return { ask, sent };
}
const solved: Solve = async () => ({ counter: 7, derivedKey: "5a" });
const never: Solve = () => new Promise(() => {});

test("the work is what the library on the server checks", async () => {
  const solution = await solve(PARAMETERS);
  // Found by altcha 2.3.0 for the same parameters.
  expect(solution).toEqual({ counter: 769, derivedKey: "5a204b7ffc2fdd317f98d09faf55a965e20464c70eb9b42722209e06a348ba27" });
});

test("work of another kind is not begun", async () => {
  expect(await solve({ ...PARAMETERS, algorithm: "ARGON2ID" })).toBeNull();
  expect(await solve({ ...PARAMETERS, keyPrefix: "" })).toBeNull();
});

test("a proof that is ready goes with the call, once", async () => {
  const { ask, sent } = house(false, json(201, BEGUN), json(201, BEGUN));
  const prover = new Prover(ask, solved);
  prover.prepare();
  prover.prepare();
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1));
  await new Promise((resolve) => setTimeout(resolve));
  const beginner = new Beginner(ask, undefined, prover);
  expect(await beginner.begin(anna)).toEqual(BEGUN);
  await beginner.begin({ ...anna, topic: "claim" });
  const [first, second] = sent;
  expect(JSON.parse(atob(first!))).toEqual({
    challenge: { parameters: PARAMETERS, signature: "s" },
    solution: { counter: 7, derivedKey: "5a" },
  });
  expect(second).toBeUndefined();
});

test("in quiet times nobody waits for a proof", async () => {
  const { ask, sent } = house(false, json(201, BEGUN));
  const prover = new Prover(ask, never);
  prover.prepare();
  expect(await new Beginner(ask, undefined, prover).begin(anna)).toEqual(BEGUN);
  expect(sent).toEqual([undefined]);
});

test.each(["proof.needed", "proof.weak", "proof.expired", "request.spent"])(
  "F-23: after %s the browser works and asks again by itself, with another key",
  async (code) => {
    const { ask, sent } = house(true, refusal(code), json(201, BEGUN));
    expect(await new Beginner(ask, undefined, new Prover(ask, solved)).begin(anna)).toEqual(BEGUN);
    expect(sent[0]).toBeUndefined();
    expect(sent[1]).toBeDefined();
    const keys = ask.mock.calls.filter(([path]) => path === "/api/calls").map(([, init]) => new Headers(init!.headers).get("Idempotency-Key"));
    expect(new Set(keys).size).toBe(2);
  },
);

test("it does not ask for ever, and without a proof not twice", async () => {
  const stubborn = house(true, ...Array.from({ length: 5 }, () => refusal("proof.weak")));
  expect(await new Beginner(stubborn.ask, undefined, new Prover(stubborn.ask, solved)).begin(anna)).toMatchObject({ code: "proof.weak" });
  expect(stubborn.sent.length).toBe(3);
  const lame = house(true, refusal("proof.needed"));
  expect(await new Beginner(lame.ask, undefined, new Prover(lame.ask, async () => null)).begin(anna)).toMatchObject({ code: "proof.needed" });
  expect(lame.sent.length).toBe(1);
});

test("B-029: after an unknown outcome the same proof goes out with the same key", async () => {
  const { ask, sent } = house(false, new Response("", { status: 502 }), json(201, BEGUN));
  const prover = new Prover(ask, solved);
  prover.prepare();
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1));
  await new Promise((resolve) => setTimeout(resolve));
  const beginner = new Beginner(ask, undefined, prover);
  await beginner.begin(anna);
  prover.prepare();
  await beginner.begin(anna);
  expect(sent[0]).toBeDefined();
  expect(sent[1]).toBe(sent[0]);
});

test("an old proof is not sent: it would be refused", async () => {
  let now = 0;
  const { ask, sent } = house(false, json(201, BEGUN));
  const prover = new Prover(ask, solved, () => now);
  prover.prepare();
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1));
  now = 100_000;
  await new Beginner(ask, undefined, prover).begin(anna);
  expect(sent).toEqual([undefined]);
});
