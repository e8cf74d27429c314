/** However often the line is cut, what arrives is the sealed file, once; what the server says for good is
 * said to the person. The line is played, tus is the product's own. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PlayedTime } from "../signaling/network.test.double";
import { FileRefused } from "./refused";
import { begin, discard, PART_BYTES, Upload } from "./transfer";

// What the browser gets; tests would get the one for servers.
vi.mock("tus-js-client", async () => await import("../../node_modules/tus-js-client/lib.esm/browser/index.js" as string));

const WHERE = "/api/sessions/s/files/f";
const SIZE = 10 * PART_BYTES + 7;

type Answer = { status: number; headers?: Record<string, string>; body?: string } | "cut" | "silent";

/** The server's end: what is stored, and what it does with the next requests. */
let stored: number;
let asked: string[];
let answers: (Answer | null)[];
let time: PlayedTime;
let told: string[];

beforeEach(() => {
  [stored, asked, answers, told] = [0, [], [], []];
  time = new PlayedTime();
  vi.stubGlobal("XMLHttpRequest", PlayedRequest);
});
afterEach(() => {
  time.close();
  vi.unstubAllGlobals();
});

class PlayedRequest {
  onload = () => {};
  onerror: (error: unknown) => void = () => {};
  status = 0;
  responseText = "";
  upload: { onprogress?: (event: object) => void } = {};
  #method = "";
  #headers: Record<string, string> = {};
  #answered: Record<string, string> = {};
  #over = false;

  open(method: string): void {
    this.#method = method;
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  getResponseHeader(name: string): string | null {
    return this.#answered[name] ?? null;
  }

  abort(): void {
    this.#over = true;
  }

  send(body: Blob | null): void {
    queueMicrotask(() => !this.#over && this.#do(body));
  }

  #do(body: Blob | null): void {
    const offset = Number(this.#headers["Upload-Offset"] ?? 0);
    asked.push(body === null ? this.#method : `${this.#method} ${offset}+${body.size}`);
    const answer = answers.shift() ?? null;
    if (answer === "silent") return;
    if (answer === "cut") {
      if (body !== null) stored += PART_BYTES; // one part was stored before the line went
      return this.onerror(new Error("cut"));
    }
    if (answer !== null) return this.#answer(answer);
    if (body === null) return this.#answer({ status: 200, headers: { "Upload-Offset": String(stored), "Upload-Length": String(SIZE) } });
    if (offset !== stored) return this.#answer({ status: 409, body: said("upload.offset") });
    stored += body.size;
    this.upload.onprogress?.({ lengthComputable: true, loaded: body.size });
    this.#answer({ status: 204, headers: { "Upload-Offset": String(stored) } });
  }

  #answer({ status, headers = {}, body = "" }: Exclude<Answer, string>): void {
    [this.status, this.#answered, this.responseText] = [status, headers, body];
    this.onload();
  }
}

const said = (code: string, text = "") => JSON.stringify({ error: { code, text } });

function upload() {
  const progress: number[] = [];
  const ends = { progress: (bytes: number) => void progress.push(bytes), moving: (on: boolean) => void told.push(on ? "on" : "waits") };
  const one = new Upload({ url: WHERE, sealed: new Blob([new Uint8Array(SIZE)]), headers: {}, ends, clock: time, random: () => 1 });
  let over: string | null = null;
  void one.done.then(
    () => (over = "done"),
    (error: FileRefused) => (over = error.code),
  );
  one.start();
  return { one, progress, end: () => over };
}

describe("an upload", () => {
  test("sends a few parts at a time, and tells how far it is", async () => {
    const { progress, end } = upload();
    expect(await time.until(() => end() !== null)).toBe(true);
    expect([end(), stored]).toEqual(["done", SIZE]);
    const four = 4 * PART_BYTES;
    expect(asked).toEqual(["HEAD", `PATCH 0+${four}`, `PATCH ${four}+${four}`, `PATCH ${2 * four}+${SIZE - 2 * four}`]);
    expect(progress.at(-1)).toBe(SIZE);
    expect(told).toEqual(["on"]);
  });

  test("that is cut goes on where the server is, later each time", async () => {
    answers = [null, "cut", "cut", "cut"];
    const { end } = upload();
    const begun = time.now();
    await time.until(() => end() !== null);
    expect([end(), stored]).toEqual(["done", SIZE]);
    expect(asked.slice(0, 4)).toEqual(["HEAD", `PATCH 0+${4 * PART_BYTES}`, "HEAD", "HEAD"]);
    expect(asked[5]).toBe(`PATCH ${PART_BYTES}+${4 * PART_BYTES}`);
    expect(told).toEqual(["on", "waits", "on", "waits", "on", "waits", "on"]);
    expect(time.now() - begun).toBe(500 + 1_000 + 2_000);
  });

  test("does not wait when the line is back", async () => {
    answers = ["cut"];
    const { end } = upload();
    await time.rest();
    const begun = time.now();
    dispatchEvent(new Event("online"));
    await time.until(() => end() !== null, 100);
    expect([end(), time.now() - begun]).toEqual(["done", 0]);
  });

  test("on a line that is silent is begun anew", async () => {
    answers = ["silent"];
    const { end } = upload();
    await time.until(() => end() !== null);
    expect([end(), asked.slice(0, 2)]).toEqual(["done", ["HEAD", "HEAD"]]);
  });

  test("asks anew where the server has another idea of how far it is", async () => {
    answers = [null, { status: 409, body: said("upload.offset") }];
    const { end } = upload();
    await time.until(() => end() !== null);
    expect([end(), stored, asked[2]]).toEqual(["done", SIZE, "HEAD"]);
  });

  test.each([
    [{ status: 404 }, "gone"],
    [{ status: 410 }, "gone"],
    [{ status: 413, body: said("file.large", "Zu groß.") }, "server"],
    [{ status: 403, body: "<html>" }, "offline"],
  ])("ends with the last word of the server: %j", async (answer, code) => {
    answers = [null, answer];
    const { end } = upload();
    await time.until(() => end() !== null);
    expect(end()).toBe(code);
    const before = asked.length;
    await time.until(() => false, 60_000);
    expect(asked.length).toBe(before);
  });

  test.each([423, 429, 500, 503])("goes on after %i, which passes", async (status) => {
    answers = [null, { status }];
    const { end } = upload();
    await time.until(() => end() !== null);
    expect(end()).toBe("done");
  });

  test("that was stopped says nothing more until it is started again", async () => {
    answers = [null, "cut"];
    const { one, end } = upload();
    await time.until(() => asked.length === 2);
    one.stop();
    dispatchEvent(new Event("online"));
    one.nudge();
    await time.until(() => false, 60_000);
    expect([asked.length, end()]).toEqual([2, null]);
    one.start();
    await time.until(() => end() !== null);
    expect([end(), stored]).toEqual(["done", SIZE]);
  });
});

describe("room for a file", () => {
  const answering = (response: Response | Error) =>
    vi.stubGlobal("fetch", async () => {
      if (response instanceof Error) throw response;
      return response;
    });
  const created = (location: string) => new Response(null, { status: 201, headers: { Location: location } });

  test("is a path below the one that was asked", async () => {
    answering(created("/api/files/f"));
    expect(await begin("/api/files", 1, {})).toBe("/api/files/f");
  });

  test.each(["/other/f", "https://evil.example/other/f", "/api/files/../other"])("is nowhere else: %s", async (location) => {
    answering(created(location));
    await expect(begin("/api/files", 1, {})).rejects.toMatchObject({ code: "offline" });
  });

  test("is refused in the server's words, or for want of a line", async () => {
    answering(Response.json({ error: { code: "file.many", text: "Zu viele." } }, { status: 409 }));
    await expect(begin("/api/files", 1, {})).rejects.toMatchObject({ code: "server", facts: { text: "Zu viele." } });
    answering(new TypeError("no line"));
    await expect(begin("/api/files", 1, {})).rejects.toMatchObject({ code: "offline" });
  });

  test("is given back; what is gone already is gone, what is not is said", async () => {
    answering(new Response(null, { status: 404 }));
    await discard("/api/files/f", {});
    answering(new Response(null, { status: 500 }));
    await expect(discard("/api/files/f", {})).rejects.toMatchObject({ code: "offline" });
  });
});
