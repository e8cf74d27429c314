"""The probe's advisor in a talk with a real browser: what it says is what Chromium understands."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sessions.events import Role, SessionId
from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import House
from tests.e2e.server import Server
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


async def hears_and_sees(end: End) -> None:
    async def read() -> tuple[int, int]:
        peer = end.peer  # another one, if the page dialled anew
        return (0, 0) if peer is None else (peer.sound.heard, peer.sight.moved)

    # The made-up microphone beeps twice a second, and is silent in between.
    await eventually(
        read, lambda now: now[0] >= 5 and now[1] >= 5, within_seconds=60, what="sound and picture"
    )


async def test_chromium_sees_and_hears_an_end_in_python(house: House, entrance: Entrance) -> None:
    """Sealed signalling, ICE, DTLS, Opus and VP8 with Chromium; silent until the accept."""
    prospect = await house.prospect()
    await prospect.call("Erika", "Muster")
    admitted = await entrance.admit(SessionId(prospect.session))
    end = End(Role.ADVISOR, entrance, admitted, loopback=True, expects_tone=False)
    try:
        await end.join()
        async with asyncio.timeout(60):  # only ever waited out by a failure
            peer = await end.warm()
        assert (await media_of(prospect.page)).frames_decoded == 0
        assert (peer.sound.frames, peer.sight.frames) == (0, 0)
        said = {"name": admitted.name, "title": admitted.title}
        await end.line.say("session.accepted", said)
        await end.live()
        await prospect.in_talk()
        await asyncio.gather(sees_and_hears(prospect.page), hears_and_sees(end))
        await prospect.hang_up()
        async with asyncio.timeout(60):
            await end.ended.wait()
    finally:
        await end.close()
