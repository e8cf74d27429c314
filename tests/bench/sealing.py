"""How quickly a browser seals and opens a file, and what the page's own thread feels of it."""

import asyncio

from playwright.async_api import Page

from tests.bench import Figure
from tests.e2e.alone import house_alone
from tests.e2e.people import PROFILE
from tests.e2e.server import ROOT, Server
from web.client.build import tool

ROUNDS = 5
MEGABYTES = 64
# In a thread of its own, as the product does it; the page counts how long its own stands still.
RUN = """async ([megabytes, script]) => {
    const bytes = new Uint8Array(megabytes << 20);
    const step = 65536;
    for (let at = 0; at < bytes.length; at += step) {
        crypto.getRandomValues(bytes.subarray(at, at + step));
    }
    let [worst, before, running] = [0, performance.now(), true];
    const frame = () => {
        const now = performance.now();
        worst = Math.max(worst, now - before);
        before = now;
        if (running) setTimeout(frame);
    };
    frame();
    const thread = new Worker(script, {type: "module"});
    const times = await new Promise((done, failed) => {
        thread.onmessage = ({data}) => done(data);
        thread.onerror = () => failed(new Error("the thread failed"));
        thread.postMessage(new Blob([bytes]));
    });
    running = false;
    thread.terminate();
    return [...times, worst];
}"""


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    sealing, opening, worst = [], [], []
    async with house_alone() as house:
        page = await _page(await house.browser.new_page(**PROFILE), house.server)
        for number in range(-1, ROUNDS):  # the first one warms up
            seal, opened, still = await page.evaluate(RUN, [MEGABYTES, "/bench/sealing.js"])
            if number >= 0:
                sealing.append(MEGABYTES * 1.048576 / seal * 1_000)
                opening.append(MEGABYTES * 1.048576 / opened * 1_000)
                worst.append(still)
    return [
        Figure("sealing a file in the browser, hash and all", "MB/s", tuple(sealing), "≥ 100"),
        Figure("opening a file in the browser, hash and all", "MB/s", tuple(opening), "≥ 100"),
        Figure("the page's own thread stood still", "ms", tuple(worst), "≤ 50"),
    ]


async def _page(page: Page, server: Server) -> Page:
    """A page of the platform, with its rules, and our script as if it were one of its own."""
    script = server.data.parent / "sealing.js"
    source = ROOT / "tests" / "bench" / "sealing.ts"
    tool("rolldown/bin/cli.mjs", str(source), "--format", "esm", "--log-level", "silent",
         "--file", str(script))  # fmt: skip
    headers = {"Content-Security-Policy": "default-src 'none'; connect-src blob:"}
    await page.context.route("**/bench/sealing.js", lambda route: route.fulfill(
        body=script.read_text(), content_type="text/javascript", headers=headers
    ))  # fmt: skip
    await page.goto(f"{server.url}/imprint")
    return page
