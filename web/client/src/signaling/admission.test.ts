/** What the server answers decides whether trying again makes sense. */
import { afterEach, expect, test, vi } from "vitest";
import { AdmissionRefused, NotNow, toChannel, toSession } from "./admission";

const SESSION = "0f".repeat(16);

function answers(status: number, body: unknown) {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json(body, { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}
afterEach(() => vi.unstubAllGlobals());

test("a seat comes with all that is needed to take part", async () => {
  const fetch = answers(200, {
    ticket: "T",
    affinity: "0f3a9c21",
    participant: "a".repeat(16),
    role: "prospect",
    state: "waiting",
    epoch: 1,
    content_key: Buffer.alloc(32, 7).toString("base64"),
    log_epoch: "e",
    ice_servers: [{ urls: ["stun:turn.example.org"] }],
    ice_policy: "relay",
    me: { name: "Anna", title: "" },
    position: 2,
  });
  const admission = await toSession(SESSION, { csrf: "C", prepare: true })();
  expect(admission).toMatchObject({
    session: SESSION,
    ticket: "T",
    affinity: "0f3a9c21",
    role: "prospect",
    position: 2,
    icePolicy: "relay",
  });
  expect(admission.contentKey).toEqual(new Uint8Array(32).fill(7));
  expect(fetch.mock.calls[0]).toMatchObject([
    `/api/sessions/${SESSION}/join`,
    { method: "POST", body: '{"prepare":true}', headers: { "X-CSRF-Token": "C" } },
  ]);
});

test("a channel has neither keys nor a seat", async () => {
  answers(200, { ticket: "T" });
  expect(await toChannel("desk", "C")()).toMatchObject({ session: "desk", contentKey: null, participant: null, affinity: null });
});

test("an erased session has no key any more", async () => {
  answers(200, { ticket: "T", content_key: null });
  expect((await toSession(SESSION)()).contentKey).toBeNull();
});

test.each([401, 403, 404, 409])("%i is final, with the server's own sentence", async (status) => {
  answers(status, { error: { code: "not.found", text: "Dieses Gespräch gibt es nicht." } });
  const refused = await toSession(SESSION)().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(AdmissionRefused);
  expect(refused).toMatchObject({ status, code: "not.found", text: "Dieses Gespräch gibt es nicht." });
});

test.each([429, 500, 503])("%i is for later, when the server says when", async (status) => {
  answers(status, { error: { code: "slow", text: "", retry_s: 7 } });
  await expect(toSession(SESSION)()).rejects.toMatchObject({ name: "NotNow", retryMs: 7_000 });
});

test("no answer, or one that is none, is for later", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("network");
  });
  await expect(toSession(SESSION)()).rejects.toThrow(NotNow);
  vi.stubGlobal("fetch", async () => new Response("<html>", { status: 502 }));
  await expect(toSession(SESSION)()).rejects.toThrow(NotNow);
  vi.stubGlobal("fetch", async () => new Response("<html>", { status: 200 }));
  await expect(toSession(SESSION)()).rejects.toThrow(NotNow);
});
