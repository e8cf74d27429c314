"""The probe's ends in a talk with a real browser: what they say is what Chromium understands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from playwright.async_api import Page

from media.peer import Peer
from sessions.events import Role, SessionId
from tests.e2e.ladder import ice_of
from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import House, Prospect
from tests.e2e.server import Server
from tests.patience import PATIENCE_SECONDS
from web.entering import Entrance
from web.probe_end import End


@pytest.fixture
async def entrance(server: Server) -> AsyncIterator[Entrance]:
    """Signed in as an advisor, without a browser."""
    sign_in = await server.account("advisor", "Paula Probe")
    entrance = Entrance(server.url)
    try:
        await entrance.sign_in(sign_in.username, sign_in.password)
        yield entrance
    finally:
        await entrance.close()


async def hears_and_sees(end: End, than: Peer | None = None) -> None:
    """By another connection `than` this one."""

    async def read() -> tuple[int, int]:
        peer = end.peer  # another one, if the page dialled anew
        if peer is None or peer is than:
            return 0, 0
        return peer.sound.heard, peer.sight.moved

    # The made-up microphone beeps twice a second, and is silent in between.
    await eventually(
        read, lambda now: now[0] >= 5 and now[1] >= 5, within_seconds=60, what="sound and picture"
    )


@asynccontextmanager
async def warmed(house: House, entrance: Entrance) -> AsyncIterator[tuple[Prospect, End]]:
    """A prospect in a browser who waits, and an advisor without one who is ready."""
    prospect = await house.prospect()
    await prospect.call("Erika", "Muster")
    end = End(
        Role.ADVISOR, entrance, await entrance.admit(SessionId(prospect.session)),
        loopback=True, expects_tone=False,
    )  # fmt: skip
    try:
        await end.join()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await end.warm()
        yield prospect, end
    finally:
        await end.close()


async def accept(end: End) -> None:
    await end.line.say("session.accepted", {"name": "Paula Probe", "title": ""})
    await end.live()


async def another_way(page: Page, end: End) -> None:
    """The page restarts ICE, as it does when its network was another; all is as it was."""
    first, instance = end.peer, end._instance
    assert first is not None
    closed, close = list[Peer](), first.close

    async def closing() -> None:
        closed.append(first)
        await close()

    first.close = closing  # type: ignore[method-assign]
    name, sockets, tasks = await ice_of(page), _sockets(), _jobs()
    await page.evaluate("window.__probes.connections.at(-1).restartIce()")
    await asyncio.gather(hears_and_sees(end, than=first), sees_and_hears(page))
    assert end._instance != instance
    assert await ice_of(page) != name
    assert (await media_of(page)).connections == 1

    async def left() -> bool:
        return end._left != set() or _sockets() > sockets or _jobs() != tasks

    await eventually(left, lambda some: not some, within_seconds=PATIENCE_SECONDS, what="an end")
    assert first._pc.connectionState == "closed"
    assert closed == [first]  # by us: a page whose way is gone says no farewell


def _sockets() -> int:
    """UDP, of this process."""
    return len(psutil.Process().net_connections("udp"))


def _jobs() -> list[str]:
    """What runs here, of aiortc's and of ours."""
    return sorted(task.get_coro().__qualname__ for task in asyncio.all_tasks())  # type: ignore[union-attr]


async def test_chromium_sees_and_hears_an_end_in_python(house: House, entrance: Entrance) -> None:
    """Sealed signalling, ICE, DTLS, Opus and VP8 with Chromium; silent until the accept."""
    async with warmed(house, entrance) as (prospect, end):
        assert end.peer is not None
        assert (await media_of(prospect.page)).frames_decoded == 0
        assert (end.peer.sound.frames, end.peer.sight.frames) == (0, 0)
        await accept(end)
        await prospect.in_talk()
        await asyncio.gather(sees_and_hears(prospect.page), hears_and_sees(end))
        await prospect.hang_up()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await end.ended.wait()


async def test_an_advisor_in_python_goes_where_the_prospect_goes(
    house: House, entrance: Entrance
) -> None:
    """F-14: aiortc cannot restart ICE; the end is dialled anew and sends again, and nothing of the
    connection before is left. So it is where the page itself is another."""
    async with warmed(house, entrance) as (prospect, end):
        await accept(end)
        await asyncio.gather(sees_and_hears(prospect.page), hears_and_sees(end))
        await another_way(prospect.page, end)
        before = end.peer
        await prospect.page.reload()
        await asyncio.gather(hears_and_sees(end, than=before), sees_and_hears(prospect.page))


async def test_a_prospect_in_python_goes_where_the_advisor_goes(
    house: House, server: Server
) -> None:
    """F-14, the other way round: here the end is the one that offers."""
    advisor, entrance = await house.advisor(), Entrance(server.url)
    await entrance.look()
    begun = await entrance.start_call("Erika", "Muster", await entrance.proof())
    admitted = await entrance.admit(begun.session, begun)
    end = End(Role.PROSPECT, entrance, admitted, loopback=True, expects_tone=False)
    try:
        await end.join()
        await advisor.accept("Erika Muster")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await end.accepted.wait()
        end.partner = end.accepted_by
        await end.live()
        await end.line.say("call.hello", {"instance": end._instance})
        await asyncio.gather(sees_and_hears(advisor.page), hears_and_sees(end))
        await another_way(advisor.page, end)
    finally:
        await end.close()
        await entrance.close()
