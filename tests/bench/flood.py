"""What twenty people who send only what is refused cost ten who talk beside them on one node."""

import asyncio
import tempfile
from pathlib import Path

import aiohttp

from tests.bench import Figure
from tests.crowd import HOSTILE, gathered, pressed
from tests.e2e.server import Server
from tests.integration.test_burst import TALKS, Talk, p95, talks_in

ROUNDS, SECONDS = 5, 12.0
PROMISED = "≤ 1.20 (F-24)"


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        talks, _ = await talks_in(folder, TALKS + HOSTILE)
        server = await Server.start(
            folder, VISAVIS_TRUSTED_PROXIES="127.0.0.0/8", VISAVIS_LIMITS_SCALE="1"
        )
        try:
            return await _rounds(server, talks[:TALKS], talks[TALKS:])
        finally:
            await server.stop()


async def _rounds(server: Server, mine: list[Talk], theirs: list[Talk]) -> list[Figure]:
    """Quiet, pressed, quiet, pressed: the same twenty, who do not give up in between."""
    over, seats = asyncio.Event(), [(one.session, one.token) for one in theirs]
    quiet, busy, closed = [], [], []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        talking = asyncio.gather(*(talk.run(http, server.url, over) for talk in mine))
        for _ in range(ROUNDS):
            async with gathered() as process:
                await asyncio.sleep(1)
                p95(mine)  # what was before
                await asyncio.sleep(SECONDS)
                quiet.append(p95(mine) * 1e3)
                told = await pressed(process, server, seats, SECONDS)
                busy.append(p95(mine) * 1e3)
                closed.append(told["closed"])
        over.set()
        await talking
    ratios = tuple(there / here for here, there in zip(quiet, busy, strict=True))
    return [
        Figure("p95 of a message, nobody disturbs", "ms", tuple(quiet)),
        Figure("p95 of a message, under the flood", "ms", tuple(busy)),
        Figure("the one to the other, round by round", "times", ratios, PROMISED),
        Figure(f"closed, of {HOSTILE}, in {SECONDS:.0f} s", "connections", tuple(closed)),
    ]
