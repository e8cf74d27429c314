"""Bodies that come slowly, in crumbs, or not to their end (F-25)."""

import asyncio
from collections.abc import Callable, Iterable

import pytest

from sessions.events import Refused
from web.receiving import Pace, Receiver

PACE = Pace(bytes_per_second=100, grace_seconds=10, silence_seconds=0.05, total_seconds=600)


class Sender:
    """Sends these sizes one after the other, each after so many seconds of its own clock."""

    def __init__(self, sizes: Iterable[int], seconds_each: float) -> None:
        self._sizes = iter(sizes)
        self._seconds_each = seconds_each
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def read(self, n: int = -1) -> bytes:
        self.now += self._seconds_each
        return bytes(min(n, next(self._sizes, 0)))


def receiver(sender: Sender, looks: list[float] | None = None) -> Receiver:
    async def look() -> None:
        if looks is not None:
            looks.append(sender.now)

    return Receiver(sender, 10_000, look, PACE, sender.clock)


@pytest.mark.parametrize(
    ("size", "seconds_each", "came"),
    [(100, 1, 10_000), (1, 0.009, 10_000), (99, 1, None), (1, 1, None), (5_000, 9, 10_000)],
)
async def test_how_slowly_one_may_send(size: int, seconds_each: float, came: int | None) -> None:
    slow = receiver(Sender([size] * 10_000, seconds_each))
    room = memoryview(bytearray(10_000))
    if came is None:
        with pytest.raises(Refused) as refusal:
            await slow.fill(room)
        assert refusal.value.code == "too.slow"
    else:
        assert await slow.fill(room)
        assert (slow.received, slow.left) == (came, 0)


async def test_not_for_ever_at_any_rate() -> None:
    steady = Sender([1_000] * 1_000, 1)
    with pytest.raises(Refused):
        await receiver(steady).fill(memoryview(bytearray(1_000_000)))
    assert steady.now == 601


async def test_silence_is_not_waited_for() -> None:
    class Silent(Sender):
        async def read(self, n: int = -1) -> bytes:
            await asyncio.Event().wait()
            return b""

    silent = Silent([], 0)
    with pytest.raises(Refused) as refusal:
        await receiver(silent).fill(memoryview(bytearray(10)))
    assert refusal.value.code == "too.slow"


@pytest.mark.parametrize("failure", [None, ConnectionResetError])
async def test_a_body_that_is_cut(failure: Callable[[], Exception] | None) -> None:
    class Cut(Sender):
        async def read(self, n: int = -1) -> bytes:
            some = await super().read(n)
            if not some and failure is not None:
                raise failure()
            return some

    cut = receiver(Cut([10, 10], 0))
    assert not await cut.fill(memoryview(bytearray(50)))
    assert (cut.received, cut.cut) == (20, True)


async def test_now_and_then_it_is_looked_whether_one_still_may() -> None:
    looks: list[float] = []
    sender = Sender([200] * 50, 1)
    assert await receiver(sender, looks).fill(memoryview(bytearray(5_000)))
    assert looks == [6, 12, 18, 24]
