import { beforeEach, expect, test } from "vitest";
import { setWords } from "../texts";
import { ConsentLedger, digest, type Entry } from "./ledger";

const CAMERA = "ca".repeat(32);
const MICROPHONE = "31".repeat(32);
let log: Entry[];
const ledger = () => new ConsentLedger(async (entry) => void log.push(entry));

beforeEach(() => {
  log = [];
  setWords({ "version.camera": CAMERA, "version.microphone": MICROPHONE }, "de");
});

test("OB-46: an entry names the words that were shown and the entry before it", async () => {
  const mine = ledger();
  await Promise.all([mine.change("camera", true), mine.change("microphone", true), mine.change("camera", false)]);
  expect(log.map(({ purpose, given, text }) => [purpose, given, text])).toEqual([
    ["camera", true, CAMERA],
    ["microphone", true, MICROPHONE],
    ["camera", false, CAMERA],
  ]);
  expect(log.every(({ text, text_version }) => text?.startsWith(text_version))).toBe(true);
  const digests = await Promise.all(log.map(digest));
  expect(log.map(({ previous }) => previous)).toEqual(["", digests[0], digests[1]]);
});

test("OB-44: after a reload the chain goes on where the log left it", async () => {
  await ledger().change("camera", true);
  const after = ledger();
  for (const entry of log.slice()) after.heard(entry);
  await after.change("camera", false);
  const [first, second] = log as [Entry, Entry];
  expect(second.previous).toBe(await digest(first));
  after.heard(first); // its own come back late
  await after.change("camera", true);
  expect(log[2]?.previous).toBe(await digest(second));
});

test("the digest is that of the server's", async () => {
  const entry: Entry = { purpose: "camera", given: true, text_version: "0f0f", text: "0f".repeat(32), previous: "" };
  expect(await digest(entry)).toBe("e4ca195aa8e9e54570fd85673c63f3ec6a40a64144d90a6e8db53a9758c41d3b");
  const old: Entry = { purpose: "microphone", given: false, text_version: "2026-11" };
  expect(await digest(old)).toBe("18502c230260f716da45f498db830bee41e1d229e9e6fefa001d585e844de0cd");
});
