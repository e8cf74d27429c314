"""Ends of calls for tests: two in one process, and patience."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from media.connection import Reach
from media.peer import Peer
from media.synthetic import Picture, Tone
from tests.e2e.media import eventually
from tests.patience import PATIENCE_SECONDS

LOOPBACK = Reach(loopback=True)


@asynccontextmanager
async def pair(expects: tuple[int, int] = (14, 10)) -> AsyncIterator[tuple[Peer, Peer]]:
    """One that offers and one that answers, connected and with nothing sent."""
    one, other = (
        Peer(LOOPBACK, voice=Tone(periods), picture=Picture(), expects=expected)
        for periods, expected in zip((10, 14), expects, strict=True)
    )
    try:
        await one.answered(await other.answer(await one.offer()))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(one.connected.wait(), other.connected.wait())
        yield one, other
    finally:
        await asyncio.gather(one.close(), other.close())


async def until_heard_and_seen(*ends: Peer) -> None:
    await until(lambda: all(end.sound.heard > 10 and end.sight.moved > 3 for end in ends))


async def until(fits: Callable[[], bool]) -> None:
    """Threads decode: they can only be asked."""

    async def read() -> bool:
        return fits()

    await eventually(read, bool, within_seconds=PATIENCE_SECONDS, what="sound and picture")
