/** On to the next session: patiently, with the receipt of the one before, and what was on stays on. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { earlier } from "./earlier";
import { kept, keptPage, keptSeen, put } from "./memory";
import { onward } from "./onward";

const FROM = { session: "a".repeat(32), token: "t" };
const BEGUN = { session: "b".repeat(32), token: "u" };
const RECEIPT = { number: "1", code: "2" };
const at = location.pathname;
let answers: (Response | Error)[];
let asked: string[];
let proofs: (string | null)[];

beforeEach(() => {
  [asked, proofs] = [[], []];
  vi.stubGlobal("fetch", async (path: string, given: RequestInit) => {
    asked.push(path);
    proofs.push(new Headers(given.headers).get("Authorization"));
    const answer = path.endsWith("/receipt") ? Response.json(RECEIPT) : answers.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", at);
});

const instantly = () => Promise.resolve();
const refused = (status: number) => Response.json({ error: { code: "x" } }, { status });

test("the receipt is claimed while the seat still proves it, and the address is the next session's", async () => {
  put({ devices: { camera: true, microphone: false }, seen: 7, page: "me" });
  answers = [Response.json(BEGUN, { status: 201 })];
  expect(await onward(FROM, instantly)).toEqual(BEGUN);
  expect(asked).toEqual([`/api/sessions/${FROM.session}/receipt`, `/api/sessions/${FROM.session}/again`]);
  expect(proofs).toEqual(["Bearer t", "Bearer t"]);
  expect(location.pathname).toBe(`/call/${BEGUN.session}`);
  expect(kept()).toEqual({ camera: true, microphone: false });
  expect([keptSeen(), keptPage()]).toEqual([0, null]);
  expect(earlier()).toEqual([RECEIPT]);
});

test("a server that restarts, or no network, is waited for", async () => {
  answers = [refused(503), new TypeError("no network"), refused(429), Response.json(BEGUN, { status: 201 })];
  expect(await onward(FROM, instantly)).toEqual(BEGUN);
});

test("a no is a no, and changes nothing", async () => {
  answers = [refused(409)];
  expect(await onward(FROM, instantly)).toBeNull();
  expect(location.pathname).toBe(at);
  expect(earlier()).toEqual([]);
});

test("what is no session of ours is not gone on to, and not waited for without end", async () => {
  answers = [Response.json({ session: "../x", token: "u" }, { status: 201 })];
  expect(await onward(FROM, instantly)).toBeNull();
  answers = Array.from({ length: 100 }, () => refused(503));
  expect(await onward(FROM, instantly)).toBeNull();
  expect(answers.length).toBeGreaterThan(0);
});

test("receipts that stand in the history entry are read with care", () => {
  for (const wrong of [undefined, 7, "x", {}]) {
    put({ earlier: wrong });
    expect(earlier()).toEqual([]);
  }
  put({ earlier: [RECEIPT, null, { number: 3, code: "4" }, 5] });
  expect(earlier()).toEqual([RECEIPT]);
});
