/** Two pages agree on their words; whoever sits between them cannot make both see the same. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Call } from "../media/call";
import type { Bodies } from "../sessions/bodies";
import type { Opened } from "../sessions/opened";
import { commitment } from "./agree";
import { Identity } from "./identity";

type Sign = Bodies["call.identity"];
type Role = "prospect" | "advisor";

const SESSION = "0123456789abcdef0123456789abcdef";
const KEY = new Uint8Array(32).fill(9);
const ID: Record<Role, string> = { prospect: "a".repeat(16), advisor: "b".repeat(16) };
const PAGE: Record<Role, string> = { prospect: "1".repeat(16), advisor: "2".repeat(16) };
const PRINT: Record<Role, string> = { prospect: "sha-256 aa", advisor: "sha-256 bb" };
const other = (role: Role): Role => (role === "prospect" ? "advisor" : "prospect");

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** One end, whose signs go to `out` and which hears what is given to `hear`. */
type Line = NonNullable<Call["line"]>;

class End {
  readonly identity: Identity;
  readonly said: Sign[] = [];
  line: Line | null;
  out: (sign: Sign) => void = () => undefined;
  #heard: (event: Opened) => void = () => undefined;
  readonly #role: Role;

  constructor(role: Role, theirs = PRINT[other(role)]) {
    this.#role = role;
    this.line = { participant: ID[other(role)], instance: PAGE[role], toward: PAGE[other(role)], fingerprints: { own: PRINT[role], other: theirs } };
    const relay = {
      admission: { role, participant: ID[role], contentKey: KEY },
      on: (_name: string, heard: (event: Opened) => void) => {
        this.#heard = heard;
        return () => undefined;
      },
      send: async (_kind: string, body: Sign) => {
        this.said.push(body);
        this.out(body);
        return null;
      },
    };
    const call = Object.defineProperty({ on: () => () => undefined }, "line", { get: () => this.line });
    this.identity = new Identity({ relay: relay as never, call: call as never, session: SESSION });
  }

  hear(body: Sign): void {
    this.#heard({ kind: "call.identity", participant: ID[other(this.#role)], mine: false, body } as Opened);
  }

  get words(): string | null {
    return this.identity.state.what === "shown" ? this.identity.state.words.join() : null;
  }
}

function joined(prospect: End, advisor: End): void {
  prospect.out = (sign) => advisor.hear(sign);
  advisor.out = (sign) => prospect.hear(sign);
}

async function settled(...ends: End[]): Promise<void> {
  await passes(() => expect(ends.map(({ identity }) => identity.state.what)).not.toContain("agreeing"));
}

async function passes(holds: () => void): Promise<void> {
  const check = async () => {
    await vi.advanceTimersByTimeAsync(500);
    holds();
  };
  await vi.waitFor(check, { timeout: 10_000, interval: 5 });
}

test("both see the same two words, whoever begins, and however much is lost on the way", async () => {
  const [prospect, advisor] = [new End("prospect"), new End("advisor")];
  joined(prospect, advisor);
  let nth = 0;
  const { out } = prospect;
  prospect.out = (sign) => void ((nth += 1) % 3 === 0 && out(sign));
  advisor.identity.start();
  prospect.identity.start();
  await settled(prospect, advisor);
  expect(prospect.words).not.toBeNull();
  expect(advisor.words).toBe(prospect.words);
});

test("another page is another agreement, and says so", async () => {
  const [prospect, advisor] = [new End("prospect"), new End("advisor")];
  joined(prospect, advisor);
  for (const { identity } of [prospect, advisor]) identity.start();
  await settled(prospect, advisor);
  const before = prospect.words;
  const reloaded = new End("prospect");
  reloaded.line = { ...reloaded.line!, instance: "3".repeat(16) };
  advisor.line = { ...advisor.line!, toward: "3".repeat(16) };
  joined(reloaded, advisor);
  reloaded.identity.start();
  await passes(() => {
    expect([null, before]).not.toContain(advisor.words);
    expect(advisor.words).toBe(reloaded.words);
  });
  expect([advisor, reloaded].map(({ identity }) => identity.state)).toMatchObject([{ renewed: true }, { renewed: false }]);
});

/** The server in the middle: a call with each of them, its own certificates, its own nonces, every sign
 * its own; it knows the content key. It begins with the prospect, so that it knows their words first. */
async function attacked(): Promise<[string | null, string | null]> {
  const [prospect, advisor] = [new End("prospect", "sha-256 ee"), new End("advisor", "sha-256 ee")];
  // Towards each it is an end as the product's, with a certificate that both take for the other's.
  const [toProspect, toAdvisor] = [new End("advisor", PRINT.prospect), new End("prospect", PRINT.advisor)];
  for (const end of [toProspect, toAdvisor]) end.line = { ...end.line!, fingerprints: { ...end.line!.fingerprints, own: "sha-256 ee" } };
  joined(prospect, toProspect);
  joined(toAdvisor, advisor);
  const ends = [prospect, toProspect, advisor, toAdvisor];
  for (const { identity } of ends) identity.start();
  await settled(...ends);
  // Each of them agrees with the middle: the attack works, but for the words.
  expect([toProspect.words, toAdvisor.words]).toEqual([prospect.words, advisor.words]);
  return [prospect.words, advisor.words];
}

test("a server with certificates of its own cannot make the words the same: 100 of 100", async () => {
  // Once in 65,536 they are by chance: two of a hundred would be none.
  let same = 0;
  for (let nth = 0; nth < 100; nth += 1) {
    const [one, two] = await attacked();
    same += Number(one === two);
  }
  expect(same).toBeLessThan(2);
});

test("fingerprints that were swapped on the way give other words, though every sign is passed on", async () => {
  const [prospect, advisor] = [new End("prospect", "sha-256 ee"), new End("advisor", "sha-256 ee")];
  joined(prospect, advisor);
  for (const { identity } of [prospect, advisor]) identity.start();
  await settled(prospect, advisor);
  expect(prospect.words).not.toBe(advisor.words);
});

test("what is agreed on while the call is interrupted is shown when it goes on", async () => {
  const [prospect, advisor] = [new End("prospect"), new End("advisor")];
  joined(prospect, advisor);
  for (const { identity } of [prospect, advisor]) identity.start();
  const { line } = advisor;
  advisor.out = (sign) => {
    advisor.line = null;
    prospect.hear(sign);
  };
  await settled(prospect);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(advisor.words).toBeNull();
  advisor.line = line;
  await settled(advisor);
  expect(advisor.words).toBe(prospect.words);
});

test("whoever reveals another nonce than the one they committed to is found out", async () => {
  const advisor = new End("advisor");
  advisor.identity.start();
  const facts = { to: ID.advisor, instance: PAGE.prospect, toward: PAGE.advisor };
  const value = Buffer.from(await commitment(new Uint8Array(32).fill(1))).toString("hex");
  advisor.hear({ ...facts, step: "commit", value });
  await vi.waitFor(() => expect(advisor.said).toHaveLength(1));
  advisor.hear({ ...facts, step: "reveal", value: "02".repeat(32) });
  await settled(advisor);
  expect(advisor.identity.state.what).toBe("refused");
});

test("a second commitment or nonce for the same two pages is not taken: nobody tries until it fits", async () => {
  const [prospect, advisor] = [new End("prospect"), new End("advisor")];
  for (const { identity } of [prospect, advisor]) identity.start();
  const toAdvisor = { to: ID.advisor, instance: PAGE.prospect, toward: PAGE.advisor };
  advisor.hear({ ...toAdvisor, step: "commit", value: "01".repeat(32) });
  advisor.hear({ ...toAdvisor, step: "commit", value: "02".repeat(32) });
  advisor.hear({ ...toAdvisor, step: "commit", value: "01".repeat(32) });
  await vi.waitFor(() => expect(advisor.said).toHaveLength(2));
  expect(advisor.said[0]).toEqual(advisor.said[1]); // one nonce, however often it is asked for
  const toProspect = { to: ID.prospect, instance: PAGE.advisor, toward: PAGE.prospect, step: "nonce" } as const;
  prospect.hear({ ...toProspect, value: "01".repeat(32) });
  await settled(prospect);
  const { words } = prospect;
  const said = prospect.said.length;
  prospect.hear({ ...toProspect, value: "02".repeat(32) });
  expect([prospect.words, prospect.said.length]).toEqual([words, said]);
});

test.each<[string, Partial<Sign>]>([
  ["to somebody else", { to: "c".repeat(16) }],
  ["toward another page of ours", { toward: "9".repeat(16) }],
  ["from another page of theirs", { instance: "9".repeat(16) }],
])("a sign %s is none", async (_what, wrong) => {
  const advisor = new End("advisor");
  advisor.identity.start();
  advisor.hear({ to: ID.advisor, instance: PAGE.prospect, toward: PAGE.advisor, step: "commit", value: "01".repeat(32), ...wrong });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(advisor.said).toEqual([]);
});
