/** A reloaded tab is not another window; a copied one is, and so is one that had given the call away. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tab } from "./tab";

/** The locks of one browser, of which every page has its own view. */
class Browser {
  readonly #held = new Map<string, object>();

  /** The page's locks, and its end. */
  page() {
    const me = {};
    const request = (name: string, { signal }: LockOptions, held: () => Promise<never>) =>
      new Promise((_, refuse) => {
        const attempt = () => {
          if (signal?.aborted) return refuse(signal.reason as Error);
          if (this.#held.has(name)) return void setTimeout(attempt, 10);
          this.#held.set(name, me);
          void held();
        };
        attempt();
      });
    const close = () => {
      for (const [name, holder] of this.#held) if (holder === me) this.#held.delete(name);
    };
    return { locks: { request } as unknown as LockManager, close };
  }
}

beforeEach(() => history.replaceState(null, ""));
afterEach(() => vi.restoreAllMocks());

test("F-17: a reloaded page goes on where it was, again and again", async () => {
  const browser = new Browser();
  let page = browser.page();
  const first = new Tab(page.locks);
  expect(await first.begin()).toBe(false);
  first.take();
  for (let round = 0; round < 3; round += 1) {
    setTimeout(page.close, 60); // a browser ends the page before while the next one begins
    page = browser.page();
    const next = new Tab(page.locks);
    expect(await next.begin()).toBe(true);
  }
});

test("F-17: a busy browser may take its time to end the page before", async () => {
  vi.spyOn(performance, "getEntriesByType").mockReturnValue([{ type: "reload" } as unknown as PerformanceEntry]);
  const browser = new Browser();
  const page = browser.page();
  const first = new Tab(page.locks);
  await first.begin();
  first.take();
  setTimeout(page.close, 600);
  expect(await new Tab(browser.page().locks).begin()).toBe(true);
});

test("F-18: a copied tab has the history of the first one, and is another window all the same", async () => {
  const browser = new Browser();
  const first = new Tab(browser.page().locks);
  await first.begin();
  first.take();
  const copy = browser.page();
  expect(await new Tab(copy.locks).begin()).toBe(false);
  copy.close();
  expect(await new Tab(browser.page().locks).begin()).toBe(false); // not even when it is reloaded
});

test("F-18: who gave the call away is asked after a reload; who took it back is not", async () => {
  const browser = new Browser();
  for (const back of [false, true]) {
    history.replaceState(null, "");
    const page = browser.page();
    const tab = new Tab(page.locks);
    await tab.begin();
    tab.take();
    tab.yield();
    if (back) tab.take();
    page.close();
    expect(await new Tab(browser.page().locks).begin()).toBe(back);
  }
});

test("without locks nobody can tell, so everybody is asked", async () => {
  const tab = new Tab(undefined);
  expect(await tab.begin()).toBe(false);
  tab.take();
  expect(await new Tab(undefined).begin()).toBe(false);
});
