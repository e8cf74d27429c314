"""How long a page reads the log of a long session, from the frames to the board."""

import asyncio

from tests.bench import Figure
from tests.e2e.alone import house_alone
from tests.e2e.people import PROFILE
from tests.e2e.server import ROOT
from web.client.build import tool

CHANGES = 5_000
ROUNDS = 5


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    async with house_alone() as house:
        script = house.server.data.parent / "replay.js"
        source = ROOT / "tests" / "bench" / "replay.ts"
        tool("rolldown/bin/cli.mjs", str(source), "--format", "iife", "--log-level", "silent",
             "--file", str(script))  # fmt: skip
        page = await house.browser.new_page(**PROFILE)
        await page.goto(house.server.url)
        await page.evaluate(script.read_text() + ";undefined")
        # The first one warms up.
        _, *took = await page.evaluate(f"replay({CHANGES}, {ROUNDS + 1})")
    return [Figure(f"opening and folding {CHANGES:,} strokes", "ms", tuple(took), "≤ 2,000")]
