import { expect, test } from "vitest";

test("the page says that scripts run", async () => {
  await import("./login");
  expect(document.documentElement.dataset["script"]).toBe("on");
});
