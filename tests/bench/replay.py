"""How long a page reads the log of a long session, from the frames to the board."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.bench import Figure
from tests.e2e.people import CHROMIUM, FLAGS, PROFILE
from tests.e2e.server import ROOT, Server
from web.client.build import tool

CHANGES = 5_000
ROUNDS = 5


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "replay.js"
        source = ROOT / "tests" / "bench" / "replay.ts"
        tool("rolldown/bin/cli.mjs", str(source), "--format", "iife", "--log-level", "silent",
             "--file", str(script))  # fmt: skip
        server = await Server.start(Path(folder))
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
                page = await browser.new_page(**PROFILE)
                await page.goto(server.url)
                await page.evaluate(script.read_text() + ";undefined")
                run = f"replay({CHANGES}, {ROUNDS + 1})"
                _, *took = await page.evaluate(run)  # the first one warms up
                await browser.close()
        finally:
            await server.stop()
    return [Figure(f"opening and folding {CHANGES:,} strokes", "ms", tuple(took), "≤ 2,000")]
