"""A talk whose network changes under it comes back by itself; one whose node dies never stops."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Page

from tests.e2e.guard import CUT_OFF
from tests.e2e.ladder import ice_of, pair_of
from tests.e2e.media import sees_and_hears
from tests.e2e.people import Advisor, Prospect
from tests.e2e.places import Places
from tests.e2e.silence import longest_silence_ms, watch_silence
from tests.e2e.test_identity import words
from tests.e2e.test_restart import NOT_THERE
from tests.patience import allowed

NAME: Final = ("Erika", "Weg")
GONE: Final = "|".join((
    NOT_THERE, CUT_OFF, "ERR_ADDRESS_UNREACHABLE", "ERR_NETWORK_CHANGED", "ERR_TIMED_OUT",
    "REFUSED_STREAM",
))  # fmt: skip


@pytest.fixture
async def talk(running: Places) -> AsyncIterator[tuple[Prospect, Advisor]]:
    """Both behind NAT, seeing and hearing each other."""
    running.networks.rule("nat")
    running.networks.home.use(0)
    advisor, prospect = await running.office.advisor(), await running.home.prospect()
    for one in (advisor, prospect):
        one.guard.allow(GONE)
    await prospect.call(*NAME)
    await advisor.accept(" ".join(NAME))
    await hear_each_other(prospect, advisor)
    yield prospect, advisor
    await running.close()


async def certificates_of(page: Page) -> set[str]:
    """Of both ends of every connection that was live since the page was loaded."""
    descriptions: list[str] = await page.evaluate(
        "window.__probes.connections.filter((one) => one.remoteDescription !== null)"
        ".flatMap((one) => [one.localDescription.sdp, one.remoteDescription.sdp])"
    )
    return {line for sdp in descriptions for line in re.findall("^a=fingerprint:.+$", sdp, re.M)}


async def hear_each_other(*both: Prospect | Advisor) -> None:
    pages = [one.page for one in both]
    await asyncio.gather(*(sees_and_hears(page) for page in pages))


async def test_another_network_is_another_way_for_the_same_talk(
    running: Places, talk: tuple[Prospect, Advisor]
) -> None:
    """F-14: from the home's network to the telephone's; address, router and way out are others.

    What comes back is another connection of the same two pages: what they proved stays proved.
    """
    prospect, advisor = talk
    before = await ice_of(prospect.page), await ice_of(advisor.page)
    known = [await words(one) for one in talk]
    running.networks.home.use(1)
    await hear_each_other(prospect, advisor)
    assert (await pair_of(advisor.page))["address"] not in ("11.1.0.2", "192.168.178.2")
    after = await ice_of(prospect.page), await ice_of(advisor.page)
    assert not set(before) & set(after)  # not luck
    for one in talk:
        assert len(await certificates_of(one.page)) == 2, "an end is another one"
    assert [await words(one) for one in talk] == known


async def test_a_node_that_dies_is_not_heard(
    running: Places, talk: tuple[Prospect, Advisor]
) -> None:
    """F-01: killed, not stopped; sound goes from browser to browser, and ICE is left alone."""
    prospect, advisor = talk
    for one in talk:
        await one.open_chat()
    before = [await ice_of(one.page) for one in talk]
    for one in talk:
        await watch_silence(one.page)
    await running.crash()
    await prospect.write("Sind Sie noch da?")
    await advisor.sees_message("Sind Sie noch da?")
    await hear_each_other(*talk)
    for one in talk:
        assert await longest_silence_ms(one.page) < allowed(0.5) * 1_000
    assert [await ice_of(one.page) for one in talk] == before
