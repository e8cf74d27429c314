import { expect, test } from "vitest";
import { steps, whereAmI } from "./permission";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36`, 0, "chrome", "windows"],
  [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`, 0, "edge", "windows"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", 0, "firefox", "linux"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", 0, "safari", "mac"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", 5, "safari", "ios"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/156.0 Mobile Safari/604.1", 5, "chrome", "ios"],
  [`Mozilla/5.0 (Linux; Android 15) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36`, 5, "samsung", "android"],
  ["", 0, "other", "linux"],
])("%s", (agent, touch, browser, system) => {
  expect(whereAmI(agent, touch)).toEqual({ browser, system });
});

test("every place has steps that end with trying again", () => {
  for (const browser of ["chrome", "edge", "firefox", "safari", "samsung", "other"] as const) {
    for (const system of ["android", "ios", "mac", "windows", "linux"] as const) {
      const list = steps({ browser, system });
      expect(list.length).toBeGreaterThanOrEqual(2);
      expect(list.at(-1)).toMatch(/again|reload/);
    }
  }
});
