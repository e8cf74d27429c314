/** One talk in the console only goes forward, whatever arrives twice, late or out of order. */
import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Flow, type Phase, start, step, type Step } from "./flow";

const order: Phase[] = ["preparing", "ready", "accepting", "talking", "over"];
const after = (...steps: Step[]): Flow => steps.reduce(step, start);
const joined: Step = { type: "joined" };
const accept: Step = { type: "accept" };
const mine: Step = { type: "accepted", mine: true, atMs: 5 };
const theirs: Step = { type: "accepted", mine: false, atMs: 5 };
const ended: Step = { type: "ended", reason: "hung_up", atMs: 9 };

describe("the usual ways", () => {
  test("prepare, accept, talk, end", () => {
    const flow = after(joined, accept, mine, ended);
    expect(flow).toMatchObject({ phase: "over", outcome: "ended", acceptedMs: 5, endedMs: 9 });
  });

  test("accept before the connection stands", () => {
    expect(after(accept, joined).phase).toBe("accepting");
  });

  test("a colleague was faster: heard as an event, as a refusal, or as the seat being released", () => {
    for (const lost of [theirs, { type: "refused", code: "session.taken" }, { type: "released" }] as Step[]) {
      expect(after(joined, accept, lost)).toMatchObject({ phase: "over", outcome: "taken" });
    }
  });

  test("the prospect was faster and hung up", () => {
    expect(after(joined, accept, { type: "refused", code: "session.ended" }).outcome).toBe("gone");
    expect(after(joined, ended).outcome).toBe("gone");
  });

  test("a reload in mid-talk: the log alone leads back into it", () => {
    expect(after(joined, mine)).toMatchObject({ phase: "talking", acceptedMs: 5 });
    expect(after(mine, joined)).toMatchObject({ phase: "talking", acceptedMs: 5 });
  });

  test("once talking, nothing about accepts matters any more", () => {
    for (const late of [theirs, { type: "released" }, { type: "refused", code: "kind.state" }] as Step[]) {
      expect(after(joined, accept, mine, late).phase).toBe("talking");
    }
  });
});

test("no step ever leads back, and over stays over", () => {
  const any = constantFrom<Step>(joined, accept, mine, theirs, ended, { type: "released" }, {
    type: "refused",
    code: "session.taken",
  });
  assert(
    property(array(any, { maxLength: 30 }), (steps) => {
      let flow = start;
      for (const one of steps) {
        const next = step(flow, one);
        expect(order.indexOf(next.phase)).toBeGreaterThanOrEqual(order.indexOf(flow.phase));
        expect(flow.phase !== "over" || next === flow).toBe(true);
        flow = next;
      }
    }),
  );
});
