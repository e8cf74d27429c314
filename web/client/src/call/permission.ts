/** Which words help to allow camera and microphone in this browser, on this system.
    Reads the user agent only to choose a text; what works is decided by trying. */

export type Browser = "chrome" | "edge" | "firefox" | "safari" | "samsung" | "other";
export type System = "android" | "ios" | "mac" | "windows" | "linux";

export interface Place {
  browser: Browser;
  system: System;
}

export function whereAmI(agent: string, touchPoints = 0): Place {
  return { browser: browserOf(agent), system: systemOf(agent, touchPoints) };
}

/** Catalog keys of the steps, in order: first what the browser needs, then the system. */
export function steps({ browser, system }: Place): string[] {
  if (system === "ios") return [browser === "safari" ? "ready.help.ios-safari" : "ready.help.ios-other", "ready.help.reload"];
  const first: Record<Browser, string> = {
    chrome: system === "android" ? "ready.help.android" : "ready.help.chrome",
    edge: system === "android" ? "ready.help.android" : "ready.help.chrome",
    samsung: "ready.help.android",
    firefox: system === "android" ? "ready.help.android" : "ready.help.firefox",
    safari: "ready.help.safari",
    other: "ready.help.other",
  };
  const list = [first[browser]];
  if (system === "mac") list.push("ready.help.mac");
  if (system === "windows") list.push("ready.help.windows");
  return [...list, "ready.help.again"];
}

function browserOf(agent: string): Browser {
  if (/SamsungBrowser/.test(agent)) return "samsung";
  if (/Edg(A|iOS)?\//.test(agent)) return "edge";
  if (/Firefox\/|FxiOS\//.test(agent)) return "firefox";
  if (/Chrome\/|Chromium\/|CriOS\//.test(agent)) return "chrome";
  return /Safari\//.test(agent) ? "safari" : "other";
}

function systemOf(agent: string, touchPoints: number): System {
  if (/Android/.test(agent)) return "android";
  // An iPad calls itself a Mac, but a Mac has no touch screen.
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "ios";
  if (/Macintosh/.test(agent)) return "mac";
  return /Windows/.test(agent) ? "windows" : "linux";
}
