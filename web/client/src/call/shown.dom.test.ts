import { afterEach, beforeEach, expect, test, vi } from "vitest";

const asked = vi.fn<typeof fetch>(async () => new Response(null, { status: 204 }));

/** As a page that was just loaded has it. */
async function fresh(): Promise<() => void> {
  vi.resetModules();
  return (await import("./shown")).countScreen;
}

beforeEach(() => {
  localStorage.clear();
  asked.mockClear();
  vi.stubGlobal("fetch", asked);
});

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

test("OB-12: a screen is counted once in the life of a page, and goes without cookie, body or session", async () => {
  const count = await fresh();
  count();
  count();
  expect(asked.mock.calls).toEqual([
    ["/api/screens", { method: "POST", headers: { "May-Count": "yes" }, credentials: "omit", keepalive: true }],
  ]);
  (await fresh())();
  expect(asked).toHaveBeenCalledTimes(2);
});

test("OB-35: whoever objected is not counted; nor is anybody who could not object", async () => {
  localStorage.setItem("visavis-not-counted", "1");
  const count = await fresh();
  count();
  expect(asked).not.toHaveBeenCalled();
  localStorage.clear();
  count();
  expect(asked).toHaveBeenCalledTimes(1);
  vi.stubGlobal("localStorage", undefined);
  (await fresh())();
  expect(asked).toHaveBeenCalledTimes(1);
});

test("OB-12: a network that is gone is nobody's trouble", async () => {
  asked.mockRejectedValueOnce(new TypeError("no network"));
  expect(await fresh()).not.toThrow();
});
