/** However much somebody draws, a screen reader says one sentence at a time. */
import { expect, test } from "vitest";
import { CALM_MS, NewsDesk, type News } from "./news";

function desk() {
  const said: News[] = [];
  const jobs: (() => void)[] = [];
  const news = new NewsDesk(
    (one) => said.push(one),
    (ms, job) => {
      expect(ms).toBe(CALM_MS);
      jobs.push(job);
      return () => jobs.splice(0);
    },
  );
  return { news, said, pass: () => jobs.shift()?.(), waiting: () => jobs.length };
}

const thing = (id: string, more = {}) => ({ id, isDeleted: false, fresh: true, ...more });

test("many changes become one sentence, one person after the other", () => {
  const { news, said, pass, waiting } = desk();
  for (let n = 0; n < 30; n += 1) news.hear("anna", [thing(`s${n % 3}`, { fresh: n < 3 })]);
  news.hear("ben", [thing("old", { fresh: false }), thing("gone", { isDeleted: true, fresh: false })]);
  expect([said.length, waiting()]).toEqual([0, 1]);
  pass();
  expect(said).toEqual([{ participant: "anna", drawn: 3, changed: 0, removed: 0, text: null }]);
  pass();
  expect(said[1]).toEqual({ participant: "ben", drawn: 0, changed: 1, removed: 1, text: null });
  expect(waiting()).toBe(0);
});

test("what is written is read out, if it is all there is", () => {
  const { news, said, pass } = desk();
  news.hear("anna", [thing("t", { text: "Beitrag" })]);
  pass();
  news.hear("anna", [thing("t", { text: "Beitrag", fresh: false }), thing("s")]);
  pass();
  expect(said.map(({ text }) => text)).toEqual(["Beitrag", null]);
});
