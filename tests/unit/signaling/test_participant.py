"""Somebody who takes part from outside: in step with the log, and told plainly what went wrong."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from sessions.envelope import NO_PREVIOUS, open_sealed
from sessions.events import Epoch, Refused, Seq
from signaling.participant import Heard, Participant, Seated
from tests.unit.signaling.served import ORIGIN, Served, served
from tests.world import Browser, World


@pytest.fixture
async def site(world: World) -> AsyncIterator[Served]:
    async with served(world.nodes[0]) as site:
        yield site


class Listener:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()

    async def next(self, kind: str) -> Heard:
        async with asyncio.timeout(60):  # only ever waited out by a failure
            while (one := await self.heard.get()).kind != kind:
                pass
            return one


@asynccontextmanager
async def taking_part(
    site: Served, browser: Browser
) -> AsyncIterator[tuple[Participant, Listener]]:
    listener = Listener()
    key = await site.node.keys.content_key(browser.session, Epoch(1))
    seat = Seated(
        browser.session, browser.participant, site.ticket(browser), "00000000", Epoch(1), key
    )
    async with aiohttp.ClientSession() as http:
        one = Participant(http, site.url, seat, listener.heard.put_nowait, origin=ORIGIN)
        try:
            yield one, listener
        finally:
            await one.close()


async def test_what_is_said_is_heard_and_follows_from_what_was_said(
    world: World, site: Served
) -> None:
    """Logged and passing, in the order of saying, whoever says them at once."""
    prospect = await world.prospect()
    other = await world.advisor(prospect.session)
    await other.join(site.node)
    async with taking_part(site, prospect) as (one, listener):
        await one.join()
        seqs = await asyncio.gather(
            *(one.say("chat.message", {"text": f"{number}"}) for number in range(5)),
            one.say("chat.typing", {"on": True}),
        )
        assert seqs == [3, 4, 5, 6, 7, None]
        texts = [(await listener.next("chat.message")) for _ in range(5)]
        assert [(one.body["text"], one.mine) for one in texts] == [(f"{n}", True) for n in range(5)]
    await other.until(lambda it: len(it.said("chat.message")) == 5 and it.said("chat.typing") != [])
    logged = list(await site.node.log.after(prospect.session, Seq(2)))
    key = await site.node.keys.content_key(prospect.session, Epoch(1))
    previous = NO_PREVIOUS
    for count, envelope in enumerate(logged):
        opened = open_sealed(envelope, key)
        assert (opened.counter, opened.previous) == (count, previous)
        previous = hashlib.sha256(envelope.sealed).digest()


async def test_it_hears_what_was_logged_before_and_what_others_say(
    world: World, site: Served
) -> None:
    prospect = await world.prospect()
    advisor = await world.advisor(prospect.session)
    await advisor.join(site.node)
    await advisor.say("chat.message", {"text": "before"})
    async with taking_part(site, prospect) as (one, listener):
        seats = await one.join()
        assert set(seats) == {
            (prospect.participant, "prospect"), (advisor.participant, "advisor"),
        }  # fmt: skip
        joined = await listener.next("participant.joined")
        assert (joined.body["role"], joined.mine) == ("prospect", False)
        assert (await listener.next("chat.message")).body == {"text": "before"}
        await advisor.say("session.accepted", {"name": "A", "title": ""})
        heard = await listener.next("session.accepted")
        assert heard.participant == advisor.participant


async def test_a_refusal_has_its_code_and_the_end_is_a_lost_connection(
    world: World, site: Served
) -> None:
    prospect = await world.prospect()
    async with taking_part(site, prospect) as (one, _):
        with pytest.raises(ConnectionError):
            await one.say("chat.typing", {"on": True})
        await one.join()
        with pytest.raises(Refused) as refused:
            await one.say("session.accepted", {"name": "A", "title": ""})
        assert refused.value.code == "kind.role"
        assert not one.lost.is_set()
        await one.leave()
        async with asyncio.timeout(60):
            await one.lost.wait()
        with pytest.raises(ConnectionError):
            await one.say("chat.typing", {"on": True})
    async with taking_part(site, prospect) as (again, _):
        with pytest.raises(Refused) as refused:
            await again.join()
        assert refused.value.code == "ticket.invalid"


async def test_a_server_that_is_no_node_of_ours_is_a_lost_connection(
    world: World, site: Served
) -> None:
    prospect = await world.prospect()
    async with taking_part(site, prospect) as (one, _):
        await site.stop()
        with pytest.raises(ConnectionError):
            await one.join()
