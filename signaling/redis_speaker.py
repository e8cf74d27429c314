"""What this node says to one Redis server: from one task, out of one bounded queue, in batches.

It forgives everything: what it could not say is counted, and doubted aloud as soon as it can. It
knows neither envelopes nor sessions, only sealed bytes and names.
"""

import asyncio
import logging
import math
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError

LOG_SECONDS: Final = 60.0  # between two complaints of one kind
MAX_QUEUED: Final = 8_192
MAX_QUEUED_BYTES: Final = 16 << 20
BATCH: Final = 256  # messages of one write, or names of one subscription
_BATCH_BYTES: Final = 1 << 20
TROUBLE: Final = (RedisError, OSError, TimeoutError)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient a line is."""

    beat_seconds: float = 0.25  # of silence, then it speaks to itself
    silence_seconds: float = 1.0  # then it counts as dead, however open its connection
    speak_seconds: float = 0.5  # for one batch and its answers
    stale_seconds: float = 5.0  # what waited longer is dropped: the log has told it meanwhile
    first_retry_seconds: float = 0.05
    last_retry_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """Redis's words for one server, or for the shards of a cluster."""

    subscribe: str
    unsubscribe: str
    publish: str
    confirmed: bytes
    message: bytes


PLAIN: Final = Dialect("SUBSCRIBE", "UNSUBSCRIBE", "PUBLISH", b"subscribe", b"message")
SHARDED: Final = Dialect("SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH", b"ssubscribe", b"smessage")


@dataclass(slots=True)
class Tally:
    """What all lines of a bus have counted."""

    published: int = 0
    received: int = 0
    dropped: int = 0
    unopened: int = 0
    reconnects: int = 0


@dataclass(frozen=True, slots=True)
class Saying:
    """Something to be said; what lasts is also in the log."""

    name: bytes
    packed: bytes
    lasts: bool
    at: float


@dataclass(frozen=True, slots=True)
class Ends:
    """What a line asks of its bus."""

    connect: Callable[[], AbstractConnection]
    seal: Callable[[bytes, bytes], bytes]  # packed, name
    heard: Callable[[bytes, bytes], bool]  # name, sealed; whether it was this node's own
    doubted: Callable[[bytes], None]  # something under this name may not have been heard
    strayed: Callable[[], None]  # a name belongs to another server by now, or this one is gone


class Retry:
    """Pauses that double up to a bound, each another length, so that nodes do not march in step."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._seconds = timing.first_retry_seconds

    @property
    def shaken(self) -> bool:
        """Whether nothing has gone well since it last did not."""
        return self._seconds > self._timing.first_retry_seconds

    def again(self) -> float:
        """The seconds to wait now."""
        pause = self._seconds * random.uniform(0.5, 1.0)
        self._seconds = min(2 * self._seconds, self._timing.last_retry_seconds)
        return pause

    def well(self) -> None:
        """Begin with short pauses the next time."""
        self._seconds = self._timing.first_retry_seconds


class Speaker:
    """Says what it is given, in order, in batches, from one task and one bounded queue."""

    def __init__(self, ends: Ends, dialect: Dialect, timing: Timing, tally: Tally, doubt: bytes):
        self._ends = ends
        self._dialect = dialect
        self._timing = timing
        self._tally = tally
        self._doubt = doubt  # packed
        self._queue: deque[Saying] = deque()
        self._bytes = 0
        self._passing = 0  # how many in the queue are in no log
        self._owed: set[bytes] = set()  # names under which something was lost
        self._urgent: Saying | None = None
        self._some = asyncio.Event()
        self._logged_at = -LOG_SECONDS

    def __len__(self) -> int:
        return len(self._queue)

    def say(self, saying: Saying) -> None:
        """Queue it; when too much waits, what passes goes first, then the oldest."""
        self._put(saying)
        while len(self._queue) > MAX_QUEUED or self._bytes > MAX_QUEUED_BYTES:
            if self._passing:
                self._drop_passing()
            else:
                self._lose([self._take_one()])
        self._some.set()

    def say_first(self, saying: Saying) -> None:
        """Before everything that waits, and never dropped for it."""
        self._urgent = saying
        self._some.set()

    async def run(self) -> None:
        """Say what comes, for ever."""
        retry = Retry(self._timing)
        while True:
            connection = self._ends.connect()
            try:
                await self._speak(connection, retry)
            except TROUBLE:
                self._ends.strayed()
            finally:
                await hang_up(connection)
            await asyncio.sleep(retry.again())

    async def _speak(self, connection: AbstractConnection, retry: Retry) -> None:
        while True:
            await self._some.wait()
            # A frozen server takes what fits its buffers, and answers nothing: lose little to it.
            batch = self._take(1 if retry.shaken else BATCH)
            try:
                async with asyncio.timeout(self._timing.speak_seconds):
                    await self._send(connection, batch)
            except BaseException:
                self._lose(batch)  # or perhaps not lost: then it is heard twice, and dropped
                raise
            retry.well()

    async def _send(self, connection: AbstractConnection, batch: list[Saying]) -> None:
        if not connection.is_connected:
            await connection.connect()  # type: ignore[no-untyped-call]
        said = [(saying.name, saying.packed) for saying in batch]
        owed, self._owed = self._owed, set()
        try:
            words = [*said, *((name, self._doubt) for name in owed)]
            commands = connection.pack_commands(
                (self._dialect.publish, name, self._ends.seal(packed, name))
                for name, packed in words
            )
            await connection.send_packed_command(commands, check_health=False)
            for number in range(len(words)):
                try:
                    await connection.read_response(timeout=math.inf)
                    self._tally.published += 1
                except ResponseError as refusal:
                    self._refused(batch[number : number + 1], refusal)
        except BaseException:
            self._owed |= owed
            raise

    def _refused(self, said: Sequence[Saying], refusal: ResponseError) -> None:
        """Not permitted, or a shard's that moved: there, whoever listens will doubt by itself."""
        self._tally.dropped += len(said)
        self._ends.strayed()
        now = monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            _logger.warning("the bus was refused a word: %s", refusal)

    def _put(self, saying: Saying) -> None:
        self._queue.append(saying)
        self._bytes += len(saying.packed)
        self._passing += not saying.lasts

    def _take(self, at_most: int) -> list[Saying]:
        """What is said next."""
        batch: list[Saying] = []
        if self._urgent is not None:
            batch.append(self._urgent)
            self._urgent = None
        oldest = monotonic() - self._timing.stale_seconds
        size = 0
        while self._queue and len(batch) < at_most and size < _BATCH_BYTES:
            saying = self._take_one()
            if saying.at < oldest:
                self._lose([saying])
            else:
                batch.append(saying)
                size += len(saying.packed)
        if not self._queue:
            self._some.clear()
        return batch

    def _take_one(self) -> Saying:
        saying = self._queue.popleft()
        self._bytes -= len(saying.packed)
        self._passing -= not saying.lasts
        return saying

    def _drop_passing(self) -> None:
        waiting, self._queue = self._queue, deque()
        self._bytes = self._passing = 0
        for saying in waiting:
            if saying.lasts:
                self._put(saying)
            else:
                self._lose([saying])

    def _lose(self, lost: Iterable[Saying]) -> None:
        for saying in lost:
            self._tally.dropped += 1
            if len(self._owed) < MAX_QUEUED:
                self._owed.add(saying.name)


async def hang_up(connection: AbstractConnection) -> None:
    """Drop a connection with whatever answers are still on their way."""
    with suppress(*TROUBLE):
        await connection.disconnect(nowait=True)
