/** OB-01: the team as its lead sees it; whatever comes is made safe to show. */
import { expect, test } from "vitest";
import { readTeam } from "./team";

const answer = {
  members: [
    { account: "b", name: "Ben", title: "", duty: "away" },
    { account: "a", name: "Anna\u202eÖz", title: "Beraterin", duty: "free" },
    { account: "c", name: "Cleo", title: "", duty: "talk" },
  ],
  waiting: 2,
  longest_s: 61,
  ended: [
    { session: "f".repeat(32), began_ms: 5, talk_s: 90, advisor: "Anna", state: "handed", recorded: 1 },
    { session: "0".repeat(32), began_ms: 4, talk_s: null, advisor: null, state: "abandoned", recorded: 0 },
  ],
  now_ms: 9,
};

test("whoever is free comes first, whoever is away last", () => {
  const team = readTeam(answer);
  expect(team.members.map((one) => one.account)).toEqual(["a", "c", "b"]);
  expect(team.members[0]?.name).toBe("Anna Öz");
  expect([team.waiting, team.longestSeconds]).toEqual([2, 61]);
});

test("a talk that nobody answered has no length and no advisor", () => {
  const [first, second] = readTeam(answer).over;
  expect(first).toMatchObject({ seconds: 90, advisor: "Anna", state: "handed", recorded: 1 });
  expect(second).toMatchObject({ seconds: null, advisor: null, state: "abandoned" });
});

test.each([null, 7, [], { members: 7, ended: "x" }, { members: [null, 7], ended: [{}], longest_s: "x" }])(
  "junk is an empty team and no error: %j",
  (junk) => {
    const team = readTeam(junk);
    expect(team.waiting).toBe(0);
    expect(team.longestSeconds).toBeNull();
    for (const one of team.members) expect(one).toMatchObject({ name: "", duty: "away" });
    for (const one of team.over) expect(one).toMatchObject({ seconds: null, advisor: null, state: "hung_up" });
  },
);
