"""One part in this process: what is lost on its way comes again, and a flood ends it."""

import asyncio
import io
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import Any

import av
import psutil
import pytest
from av import VideoFrame

from media import part as parts
from media.part import Limits, Part
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.integration.media.files import expect_clean
from tests.patience import PATIENCE_SECONDS
from tests.unit.media.ends import LOOPBACK, until

LOSS = 0.05


@asynccontextmanager
async def recorded(
    chunks: list[bytes], *sends: Tone | Picture
) -> AsyncIterator[tuple[Part, Caller, "asyncio.Task[str]"]]:
    """Somebody who sends to a part that runs."""
    caller = Caller(LOOPBACK, *sends)
    part = Part(LOOPBACK, Limits(), chunks.append, began_ms=round(1_000 * time()))
    run = None
    try:
        await caller.answered(await part.answer(await caller.offer()))
        run = asyncio.create_task(part.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await caller.connected.wait()
        yield part, caller, run
    finally:
        part.stop()
        if run is not None:
            await run
        await part.close()
        await caller.close()


def open_sockets() -> int:
    return len(psutil.Process().net_connections("udp"))


async def sound_alone() -> str:
    caller = Caller(LOOPBACK, Tone(10))
    try:
        return await caller.offer()
    finally:
        await caller.close()


def cut(caller: Caller) -> None:
    """From now on nothing of theirs arrives, not even a farewell."""

    async def nothing(data: bytes, addr: tuple[str, int]) -> None: ...

    protocol: Any = caller._pair().protocol
    protocol.send_data = nothing


def lose(caller: Caller, dice: random.Random) -> list[int]:
    """From now on some packets of theirs never arrive; sound and pictures, not what RTCP says."""
    protocol: Any = caller._pair().protocol
    send, lost = protocol.send_data, [0]

    async def some(data: bytes, addr: tuple[str, int]) -> None:
        media = data[0] >> 6 == 2 and not 64 <= data[1] & 0x7F < 96
        if media and dice.random() < LOSS:
            lost[0] += 1
        else:
            await send(data, addr)

    protocol.send_data = some
    return lost


class Counted(Picture):
    """Knows when each picture was, on its own clock: a busy machine makes fewer."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[float] = []

    async def recv(self) -> VideoFrame:
        frame = await super().recv()
        self.made.append(float(frame.pts * frame.time_base))  # type: ignore[operator]
        return frame

    def most_within(self, seconds: float) -> int:
        """How many there were in so long a time, where they came closest."""
        made, seconds = self.made, seconds + 0.01
        return max(sum(-0.01 <= one - start <= seconds for one in made) for start in made)


@pytest.mark.long
async def test_pictures_that_were_lost_are_sent_again() -> None:
    """Without that, each lost packet costs all pictures until the next that stands alone."""
    chunks: list[bytes] = []
    picture = Counted()
    async with recorded(chunks, picture) as (_, caller, _):
        lost = lose(caller, random.Random(3))
        await until(lambda: lost[0] >= 12)
        await asyncio.sleep(parts.TICK_SECONDS)  # what is asked for again may still come
    with av.open(io.BytesIO(b"".join(chunks)), "r") as file:
        times = [float(packet.pts * packet.time_base) for packet in file.demux() if packet.size]  # type: ignore[operator]
    shown = len(times) - 1  # the first is black
    assert shown > 0.95 * picture.most_within(times[-1] - times[1])


@pytest.mark.long
async def test_a_file_goes_on_over_another_connection_and_nothing_is_left_of_the_first() -> None:
    """F-14: what comes by the way that is gone counts no more; no socket and no task stays."""
    chunks: list[bytes] = []
    sockets, tasks = open_sockets(), len(asyncio.all_tasks())
    other = Caller(LOOPBACK, Tone(10), Picture())
    async with recorded(chunks, Tone(10), Picture()) as (part, caller, run):
        await until(lambda: len(chunks) >= 4)
        cut(caller)
        talking = open_sockets()
        first, before = part._listener, len(chunks)
        with pytest.raises(ValueError, match="profile"):
            await part.again("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio 9 x 1\r\n")
        with pytest.raises(ValueError, match="another file"):
            await part.again(await sound_alone())
        assert part._listener is first
        await other.answered(await part.again(await other.offer()))
        await until(lambda: part._listener.ingress.bytes > 0)  # type: ignore[union-attr]
        await caller.close()
        await until(lambda: not part._left)
        assert first._pc.connectionState == "closed"  # not only once nobody was heard for long
        await until(lambda: open_sockets() == talking)
        await until(lambda: len(chunks) >= before + 14)
        assert not run.done()
        await other.close()
    await until(lambda: (open_sockets(), len(asyncio.all_tasks())) == (sockets, tasks))
    assert await run == "stopped"
    expect_clean(b"".join(chunks))


async def test_a_flood_ends_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody was asked for more than some bits a second."""
    monkeypatch.setattr(parts, "_FLOOD_BITS", 1_000)
    monkeypatch.setattr(parts, "_FLOOD_TICKS", 2)
    async with recorded([], Tone(10)) as (_, _, run):
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await asyncio.shield(run) == "too_large"


async def test_what_fails_in_one_part_ends_it_as_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours, and not of whoever sends."""
    monkeypatch.setattr("media.lipsync.Lipsync.frame", lambda *any: 1 // 0)
    async with recorded([], Tone(10)) as (_, _, run):
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await asyncio.shield(run) == "crashed"
