"""Whether a call connects through every kind of network, and how soon: NAT, blocked UDP, 443 alone.

`LADDER_CALLS` says how many in all (100). Each is the product as it is: a new prospect each time,
the same advisor. A call that does not connect fails the measurement. Only IPv4.
"""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.bench import Figure
from tests.e2e.ladder import RUNGS, Rung, settled
from tests.e2e.media import sees_and_hears, warm
from tests.e2e.people import QUICK_CAMERA, Advisor
from tests.e2e.places import Places, places

CALLS = int(os.environ.get("LADDER_CALLS", "100"))
RELAY_ONLY = Rung("relay only, where all is open", "open", "open", ("turn-udp",), relayed=True)
NAME = ("Anna", "Beispiel")


@dataclass(slots=True)
class Times:
    """Milliseconds, one for each call."""

    way: list[float] = field(default_factory=list)
    frame: list[float] = field(default_factory=list)


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    each = max(1, CALLS // (len(RUNGS) + 1))
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            async with places(Path(folder), playwright, QUICK_CAMERA) as lab:
                for rung in RUNGS:
                    figures += _figures(rung, await _climb(lab, rung, each))
                await lab.restart(VISAVIS_ICE_POLICY="relay")
                figures += _figures(RELAY_ONLY, await _climb(lab, RELAY_ONLY, each))
    return figures


def _figures(rung: Rung, times: Times) -> list[Figure]:
    return [
        Figure(f"{rung.name}: waiting to a way that stands", "ms", tuple(times.way)),
        Figure(f"{rung.name}: accept to the first frame", "ms", tuple(times.frame), "all connect"),
    ]


async def _climb(lab: Places, rung: Rung, calls: int) -> Times:
    lab.networks.home.rule(rung.home)
    lab.networks.office.rule(rung.office)
    advisor, times = await lab.office.advisor(), Times()
    for _ in range(calls):
        await _call(lab, rung, advisor, times)
    await lab.close()
    return times


async def _call(lab: Places, rung: Rung, advisor: Advisor, times: Times) -> None:
    prospect = await lab.home.prospect()
    await prospect.call(*NAME)
    began = time.monotonic()
    accept = advisor.accept_button(" ".join(NAME))
    await expect(accept).to_be_enabled()
    await asyncio.gather(warm(prospect.page), warm(advisor.page))
    times.way.append((time.monotonic() - began) * 1_000)
    await prospect.page.evaluate("void (window.benchFrame = window.__probes.firstFrame())")
    await accept.click()
    clicked = await advisor.page.evaluate("window.__probes.clicks.at(-1).at")
    times.frame.append(await prospect.page.evaluate("window.benchFrame") - clicked)
    await asyncio.gather(sees_and_hears(prospect.page), sees_and_hears(advisor.page))
    await settled(rung, prospect.page, advisor.page)
    shown = advisor.page.get_by_test_id("path")
    await expect(shown).to_have_text(rung.said("console.talk"))
    await prospect.hang_up()
    await prospect.reads("after.heading")
    await prospect.context.close()
    lab.home.people.remove(prospect)
    await advisor.open("/console")
