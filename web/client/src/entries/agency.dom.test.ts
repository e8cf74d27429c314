/** The start page at the address of an agency: what it asks and what it sends is for that one. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

vi.mock("../call/mount", () => ({ mountCall: vi.fn<() => void>() }));
// The page of another test is another page.
beforeEach(() => vi.resetModules());
afterEach(() => {
  vi.resetModules();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

const PAGE = `
  <main id="app" data-page='{"agency":"nord"}' data-texts='{"start.working":"Moment","start.desk.busy":"Alle sprechen."}'>
    <p id="desk-state"><span id="desk-line"></span></p>
    <form id="call-form">
      <input name="first_name" value="Anna"><p id="first_name-error"></p>
      <input name="last_name" value="Kern"><p id="last_name-error"></p>
      <div id="form-error" hidden><p id="form-error-text"></p></div>
      <button id="start-button">Starten</button>
    </form>
  </main>`;

test("OB-01: the wait that is shown, and the call that begins, are the agency's", async () => {
  const asked: [string, unknown][] = [];
  vi.stubGlobal("fetch", async (url: string, given: RequestInit = {}) => {
    asked.push([url, given.body && JSON.parse(String(given.body))]);
    if (url === "/api/desk/state/nord") {
      return new Response(JSON.stringify({ open: true, free: 0, waiting: 1, expected_s: null }));
    }
    const begun = { session: "ab".repeat(16), token: "secret" };
    return url === "/api/calls" ? new Response(JSON.stringify(begun)) : new Response(null, { status: 404 });
  });
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
  document.body.innerHTML = PAGE;
  await import("./start");
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect(document.getElementById("desk-line")?.textContent).toBe("Alle sprechen."));
  document.getElementById("start-button")?.click();
  await vi.waitFor(() => expect(location.pathname).toMatch(/^\/call\//));
  const body = asked.find(([url]) => url === "/api/calls")?.[1];
  expect(body).toEqual({ first_name: "Anna", last_name: "Kern", agency: "nord" });
});
