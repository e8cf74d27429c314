"""Every call connects, whatever the networks let through: real browsers, HAProxy, coturn and NAT.

One pair of networks and browsers for all rungs; a rung is what routers let through from then on.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import expect

from tests.e2e.ladder import BRIEF, Rung, addresses_of, pair_of, settled, watch_addresses
from tests.e2e.media import media_of, sees_and_hears
from tests.e2e.people import Advisor, Prospect, word
from tests.e2e.places import Places
from tests.networks import TURN

NAME: Final = ("Erika", "Weg")
NOWHERE: Final = ("0.0.0.0", "127.0.0.1")  # what a browser writes where it says nothing


@pytest.fixture
async def lab(running: Places) -> AsyncIterator[Places]:
    """Everybody is out again afterwards."""
    yield running
    await running.close()


async def arrive(lab: Places, rung: Rung, name: tuple[str, str] = NAME) -> tuple[Prospect, Advisor]:
    """At home and in the office, on this rung; one waits for the other."""
    lab.networks.home.rule(rung.home)
    lab.networks.office.rule(rung.office)
    advisor, prospect = await lab.office.advisor(), await lab.home.prospect()
    await prospect.call(*name)
    await expect(advisor.accept_button(" ".join(name))).to_be_enabled()
    return prospect, advisor


@pytest.mark.parametrize("rung", BRIEF, ids=lambda rung: rung.name)
async def test_a_call_connects_on_every_rung_and_says_on_which(lab: Places, rung: Rung) -> None:
    """F-15: picture and sound both ways; the advisor and the operator read which way they take."""
    prospect, advisor = await arrive(lab, rung)
    await advisor.accept(" ".join(NAME))
    await asyncio.gather(*(sees_and_hears(one.page) for one in (prospect, advisor)))
    await settled(rung, prospect.page, advisor.page)
    shown = advisor.page.get_by_test_id("path")
    await expect(shown).to_have_text(rung.said("console.talk"))
    if rung is not BRIEF[-1]:
        return
    operator = await lab.office.operator()
    await expect(operator.row(prospect.session)).to_contain_text(rung.said("ops"))


async def test_a_talk_goes_on_in_writing_where_nothing_connects_and_comes_back(
    lab: Places,
) -> None:
    """Never a dead end: both are told, both can write, and media comes when it can."""
    prospect, advisor = await arrive(lab, Rung("nothing", "web", "nat", ("none",), relayed=False))
    await advisor.accept(" ".join(NAME))
    await prospect.reads("talk.trouble.nomedia")
    await advisor.reads("console.talk.impossible")
    assert (await media_of(prospect.page)).frames_decoded == 0
    await expect(prospect.message_field).to_be_visible()  # nobody had to look for it
    await prospect.write("Können Sie mich lesen?")
    await advisor.sees_message("Können Sie mich lesen?")
    await advisor.write("Ja, wir machen so weiter.")
    await prospect.sees_message("Ja, wir machen so weiter.")
    lab.networks.home.rule("443")
    await asyncio.gather(*(sees_and_hears(p.page, within_seconds=60) for p in (prospect, advisor)))
    await expect(prospect.page.get_by_text(word("talk.trouble.nomedia"))).to_have_count(0)


async def test_relay_only_shows_neither_side_the_address_of_the_other(lab: Places) -> None:
    """VISAVIS_ICE_POLICY=relay: even where the direct way is open, only the relay is ever named."""
    await lab.restart(VISAVIS_ICE_POLICY="relay")
    lab.networks.rule("open")
    advisor, prospect = await lab.office.advisor(), await lab.home.prospect()
    for person in (advisor, prospect):
        await watch_addresses(person.context)
    await advisor.page.reload()
    await prospect.call(*NAME)
    await advisor.accept(" ".join(NAME))
    await asyncio.gather(*(sees_and_hears(one.page) for one in (prospect, advisor)))
    for one in (prospect, advisor):
        pair = await pair_of(one.page)
        assert (pair["local"], pair["remote"], pair["address"]) == ("relay", "relay", TURN)
        heard = await addresses_of(one.page)
        assert TURN in heard
        assert heard <= {TURN, *NOWHERE}
