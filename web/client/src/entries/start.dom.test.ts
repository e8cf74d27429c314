import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

const PAGE = `
  <main id="app" data-page='{"company":"Demo"}' data-texts='${JSON.stringify({
    "start.missing.first_name": "Bitte Vornamen angeben.",
    "start.missing.last_name": "Bitte Nachnamen angeben.",
    "start.working": "Einen Moment …",
    "error.bug": "Schiefgegangen.",
  })}'>
    <p id="desk-state"><span id="desk-line">frei</span></p>
    <form id="call-form">
      <input name="first_name"><p id="first_name-error"></p>
      <input name="last_name"><p id="last_name-error"></p>
      <input type="radio" name="topic" value="claim">
      <div id="form-error" hidden><p id="form-error-text"></p></div>
      <button id="start-button">Starten</button>
    </form>
  </main>`;

const answer = vi.fn<typeof fetch>();
const mounted = vi.fn<(page: unknown, begun: unknown) => void>();
// The call itself opens sockets and devices; here only the form is at work.
vi.mock("../call/mount", () => ({ mountCall: mounted }));

const field = (name: string) => document.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
const text = (id: string) => document.getElementById(id)?.textContent;
const button = () => document.querySelector<HTMLButtonElement>("#start-button")!;

function type(name: string, value: string): void {
  field(name).value = value;
  field(name).dispatchEvent(new Event("input", { bubbles: true }));
}
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

beforeAll(async () => {
  document.body.innerHTML = PAGE;
  vi.stubGlobal("fetch", async (...given: Parameters<typeof fetch>) =>
    given[0] === "/api/challenge" ? new Response(null, { status: 503 }) : answer(...given),
  );
  await import("./start");
});
beforeEach(() => answer.mockReset());
afterEach(() => {
  for (const name of ["first_name", "last_name"]) type(name, "");
});

test("B-001: an empty field is named beside it and focused, nothing is sent", async () => {
  type("first_name", "Anna");
  button().click();
  await vi.waitFor(() => expect(text("last_name-error")).toBe("Bitte Nachnamen angeben."));
  expect(document.activeElement).toBe(field("last_name"));
  expect(field("last_name").getAttribute("aria-invalid")).toBe("true");
  expect(answer).not.toHaveBeenCalled();
  type("last_name", "K");
  expect(text("last_name-error")).toBe("");
});

test("a refusal keeps what was typed and focuses the faulty field", async () => {
  answer.mockResolvedValue(json(400, { error: { code: "name.chars", field: "first_name", text: "Nur Buchstaben." } }));
  type("first_name", "R2D2");
  type("last_name", "Kern");
  button().click();
  await vi.waitFor(() => expect(text("first_name-error")).toBe("Nur Buchstaben."));
  expect([field("first_name").value, field("last_name").value]).toEqual(["R2D2", "Kern"]);
  expect(document.activeElement).toBe(field("first_name"));
});

test("B-029: many presses send once; without an answer the button can be pressed again", async () => {
  let fail = () => {};
  const lost = new Promise<void>((resolve) => (fail = resolve));
  answer.mockImplementation(() => lost.then(() => new Response(null, { status: 502 })));
  type("first_name", "Anna");
  type("last_name", "Kern");
  button().click();
  button().click();
  button().click();
  expect(button().textContent).toBe("Einen Moment …");
  await vi.waitFor(() => expect(answer).toHaveBeenCalledTimes(1));
  fail();
  await vi.waitFor(() => expect(text("form-error-text")).toBe("Schiefgegangen."));
  expect(button().textContent).toBe("Starten");
});

test("OB-07, OB-28: a call begins on this page, with its token in memory only", async () => {
  const begun = { session: "ab".repeat(16), token: "secret" };
  answer.mockResolvedValue(json(201, begun));
  type("first_name", "Anna");
  type("last_name", "Kern");
  field("topic").checked = true;
  button().click();
  await vi.waitFor(() => expect(mounted).toHaveBeenCalled());
  expect(JSON.parse(answer.mock.calls[0]![1]!.body as string)).toEqual({
    first_name: "Anna",
    last_name: "Kern",
    topic: "claim",
  });
  expect(location.pathname).toBe(`/call/${begun.session}`);
  expect(mounted.mock.calls[0]![1]).toEqual(begun);
  expect([location.href, localStorage.length, sessionStorage.length].join()).not.toContain("secret");
});
