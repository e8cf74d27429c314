import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Beginner } from "./begin";
import { countVisit, mayCount, object, objects } from "./objection";

const asked = vi.fn<typeof fetch>(async () => new Response(null, { status: 204 }));
const paths = () => asked.mock.calls.map(([path]) => path);

beforeEach(() => {
  localStorage.clear();
  asked.mockClear();
  vi.stubGlobal("fetch", asked);
});

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

test("OB-35: an objection holds from the next request on, and until it is taken back", async () => {
  expect([objects(), mayCount()]).toEqual([false, { "May-Count": "yes" }]);
  await countVisit();
  await object(true);
  expect([objects(), mayCount()]).toEqual([true, {}]);
  await countVisit();
  expect(paths()).toEqual(["/api/visits", "/api/objection"]);
  await object(false);
  await countVisit();
  expect(paths()).toEqual(["/api/visits", "/api/objection", "/api/visits"]);
});

test("OB-26: nobody who did not object has anything in their browser; who did has one entry", async () => {
  await countVisit();
  expect(localStorage.length).toBe(0);
  await object(true);
  expect(Object.entries(localStorage)).toEqual([["visavis-not-counted", "1"]]);
  await object(false);
  expect([localStorage.length, document.cookie]).toEqual([0, ""]);
});

test("OB-35: where nothing can be kept nobody could object, so nobody is counted", async () => {
  vi.stubGlobal("localStorage", undefined);
  expect([objects(), mayCount()]).toEqual([null, {}]);
  await object(true);
  await countVisit();
  expect(paths()).toEqual([]);
});

test("OB-35: a call says that nobody objected, or says nothing", async () => {
  const headers = async () => {
    const ask = vi.fn<typeof fetch>(async () => new Response("{}", { status: 400 }));
    await new Beginner(ask).begin({ first_name: "Anna", last_name: "Kern" });
    return Object.keys(ask.mock.calls[0]![1]!.headers!);
  };
  expect(await headers()).toContain("May-Count");
  await object(true);
  expect(await headers()).not.toContain("May-Count");
});
