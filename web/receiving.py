"""What a client sends at length, taken in by parts: one at a time in memory, and never too slowly.

It does not know what the bytes are, nor where they go.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp
from aiohttp import web as aioweb

from sessions.events import Refused

_STEP_BYTES: Final = 65_536
_LOOK_SECONDS: Final = 5.0
_GONE: Final = (ConnectionError, aiohttp.ClientPayloadError, aioweb.RequestPayloadError)


class Stream(Protocol):
    """A request's body, as aiohttp has it."""

    async def read(self, n: int = -1) -> bytes:
        """At most `n` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly one may send: so many bytes a second after a grace, and not for ever (F-25)."""

    bytes_per_second: float = 8_000
    grace_seconds: float = 10
    silence_seconds: float = 10
    total_seconds: float = 600


@dataclass(slots=True)
class Receiver:
    """One body on its way in. `cut`: it ended before everything that was announced had come."""

    stream: Stream
    announced: int
    meanwhile: Callable[[], Awaitable[None]]  # every few seconds, while a part is awaited
    pace: Pace = Pace()
    clock: Callable[[], float] = time.monotonic
    received: int = 0
    cut: bool = False
    _waited_seconds: float = field(default=0.0, init=False)
    _looked_seconds: float = field(default=0.0, init=False)

    async def fill(self, part: memoryview) -> bool:
        """Put the next bytes there; False if it was cut before all of them came.

        Raises Refused("too.slow").
        """
        filled = 0
        while filled < len(part) and not self.cut:
            some = await self._some(min(len(part) - filled, _STEP_BYTES))
            part[filled : filled + len(some)] = some
            filled += len(some)
            if self._waited_seconds - self._looked_seconds > _LOOK_SECONDS:
                self._looked_seconds = self._waited_seconds
                await self.meanwhile()
        return not self.cut

    @property
    def left(self) -> int:
        return self.announced - self.received

    async def _some(self, most: int) -> bytes:
        before = self.clock()
        try:
            async with asyncio.timeout(self.pace.silence_seconds):
                some = await self.stream.read(most)
        except TimeoutError:
            raise Refused("too.slow") from None
        except _GONE:
            some = b""
        # Only what the client makes us wait for: not what storing takes.
        self._waited_seconds += self.clock() - before
        self.received += len(some)
        self.cut = not some
        self._expect_pace()
        return some

    def _expect_pace(self) -> None:
        waited, pace = self._waited_seconds, self.pace
        if waited > pace.total_seconds:
            raise Refused("too.slow")
        if waited > pace.grace_seconds and self.received < waited * pace.bytes_per_second:
            raise Refused("too.slow")
