"""How long nobody is heard when the network changes, a page is reloaded, a node is killed.

`COMEBACK_ROUNDS` says how often each (10). Both sites are behind NAT; the network that changes is
the prospect's: another device, address, router and way out, as from Wi-Fi to a telephone.
"""

import asyncio
import math
import os
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.bench import Figure
from tests.e2e.media import sees_and_hears
from tests.e2e.people import QUICK_CAMERA, Advisor, Prospect
from tests.e2e.places import Places, places
from tests.e2e.silence import longest_silence_ms, watch_silence

ROUNDS = int(os.environ.get("COMEBACK_ROUNDS", "10"))
NAME = ("Anna", "Beispiel")
# What a browser does of itself a while after a change is over by then.
SETTLE_SECONDS = 5.0


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            async with places(Path(folder), playwright, QUICK_CAMERA) as lab:
                lab.networks.rule("nat")
                advisor, prospect = await lab.office.advisor(), await lab.home.prospect()
                for one in (advisor, prospect):
                    one.guard.allow("")  # what fails on the way is what is measured
                await prospect.call(*NAME)
                await advisor.accept(" ".join(NAME))
                await _hear(advisor, prospect)
                figures = [
                    *await _switches(lab, advisor, prospect),
                    *await _kills(lab, advisor, prospect),
                    *await _reloads(advisor, prospect),
                ]
                await lab.close()
    return figures


async def _hear(*both: Advisor | Prospect) -> None:
    await asyncio.gather(*(sees_and_hears(one.page, within_seconds=40) for one in both))


async def _silences(*both: Advisor | Prospect) -> list[float]:
    """Of both, now that they hear each other again."""
    await _hear(*both)
    await asyncio.sleep(SETTLE_SECONDS)
    return [await longest_silence_ms(one.page) for one in both]


async def _switches(lab: Places, advisor: Advisor, prospect: Prospect) -> list[Figure]:
    silences = []
    for number in range(ROUNDS):
        for one in (advisor, prospect):
            await watch_silence(one.page)
        lab.networks.home.use((number + 1) % 2)
        silences.append(max(await _silences(advisor, prospect)))
    p95 = sorted(silences)[math.ceil(0.95 * len(silences)) - 1]
    return [
        Figure("another network: silence", "ms", tuple(silences), "≤ 2,000"),
        Figure("another network: silence, p95", "ms", (p95,), "≤ 4,000"),
    ]


async def _kills(lab: Places, advisor: Advisor, prospect: Prospect) -> list[Figure]:
    usual: list[float] = []
    silences: list[float] = []
    for _ in range(max(1, ROUNDS // 3)):
        for told, what in ((usual, asyncio.sleep(4)), (silences, lab.crash())):
            for one in (advisor, prospect):
                await watch_silence(one.page)
            await what
            told.append(max(await _silences(advisor, prospect)))
    return [
        Figure("node killed: longest pause between packets", "ms", tuple(silences), "as usual"),
        Figure("nothing happens: longest pause between packets", "ms", tuple(usual)),
    ]


async def _reloads(advisor: Advisor, prospect: Prospect) -> list[Figure]:
    times = []
    for _ in range(ROUNDS):
        # The first frame is looked for by the page that comes, from its beginning on.
        began = await prospect.page.evaluate("performance.timeOrigin + performance.now()")
        await prospect.page.reload()
        shown = await prospect.page.evaluate("window.__probes.firstFrame()")
        times.append(shown - began)
        await _hear(advisor, prospect)
    return [Figure("reload to the first frame", "ms", tuple(times), "p95 ≤ 3,000")]
