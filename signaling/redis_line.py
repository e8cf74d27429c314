"""One Redis server as a line between nodes: one connection that hears, beside one that speaks.

A line whose own beat does not come back is dead, however open its connections look. It knows
neither envelopes nor sessions, and not which server is whose.
"""

import asyncio
import logging
import math
from contextlib import suppress
from itertools import islice
from time import monotonic
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection

from signaling.redis_speaker import (
    BATCH,
    PLAIN,
    TROUBLE,
    Dialect,
    Ends,
    Retry,
    Saying,
    Speaker,
    Tally,
    Timing,
    hang_up,
)
from signaling.tasks import Tasks

_AT_ONCE: Final = 64  # messages taken before others get a turn
_logger = logging.getLogger(__name__)


class Line:
    """Both directions. The names that are wanted survive every reconnect."""

    def __init__(
        self, ends: Ends, dialect: Dialect, *, beat_name: bytes, beat: bytes, doubt: bytes,
        timing: Timing, tally: Tally,
    ) -> None:  # fmt: skip
        self._ends = ends
        self._dialect = dialect
        self._beat_name = beat_name
        self._beat = beat
        self._timing = timing
        self._tally = tally
        self.speaker = Speaker(ends, dialect, timing, tally, doubt)
        self._wanted: set[bytes] = {beat_name}
        self._changed: dict[bytes, None] = {}  # names to subscribe to or not, in order
        self._change = asyncio.Event()
        self._hearing: AbstractConnection | None = None
        self._deadline: asyncio.Timeout | None = None
        self._heard_at = 0.0
        self._felt_at = -timing.silence_seconds
        self._beat_at = 0.0
        self._looked_at = 0.0
        self._silent_rounds = 0
        self._begun = False
        self.round_trip_ms: float | None = None
        self._tasks = Tasks()

    @property
    def alive(self) -> bool:
        """Whether it hears itself speak."""
        return monotonic() - self._felt_at < self._timing.silence_seconds

    def __len__(self) -> int:
        return len(self._wanted) - 1

    def start(self) -> None:
        """Begin to connect, to listen and to speak."""
        for job in (self._hear_always(), self._tend(), self.speaker.run()):
            self._tasks.spawn(job)

    async def close(self) -> None:
        """Hang up; what was not said stays unsaid."""
        await self._tasks.close()

    def wants(self, name: bytes) -> bool:
        """Whether it is heard here, or about to be."""
        return name in self._wanted

    def want(self, name: bytes) -> None:
        """Hear what passes under this name."""
        self._wanted.add(name)
        self._changed[name] = None
        self._change.set()

    def unwant(self, name: bytes) -> None:
        """No more."""
        self._wanted.discard(name)
        self._changed[name] = None
        self._change.set()

    # -- hearing

    async def _hear_always(self) -> None:
        retry = Retry(self._timing)
        while True:
            connection = self._ends.connect()
            try:
                async with asyncio.timeout(self._timing.silence_seconds):
                    await connection.connect()  # type: ignore[no-untyped-call]
                async with asyncio.timeout(None) as self._deadline:
                    self._begin(connection)
                    await self._hear(connection, retry)
            except TROUBLE as trouble:
                if not retry.shaken:
                    _logger.warning("a line of the bus is silent (%s)", type(trouble).__name__)
            finally:
                self._hearing = self._deadline = None
                await hang_up(connection)
            self._ends.strayed()
            await asyncio.sleep(retry.again())

    def _begin(self, connection: AbstractConnection) -> None:
        self._hearing = connection
        self._tally.reconnects += self._begun
        self._begun = True
        self._silent_rounds = 0
        self._changed = dict.fromkeys(self._wanted)
        self._change.set()

    async def _hear(self, connection: AbstractConnection, retry: Retry) -> None:
        """Take what comes until nothing does. Raises whatever ends it."""
        taken = 0
        while True:
            answer: Any = await connection.read_response(timeout=math.inf)
            self._heard_at = monotonic()
            if not isinstance(answer, list) or len(answer) < 3:
                continue
            word, name = answer[0], answer[1]
            if word == self._dialect.message:
                own = self._ends.heard(name, answer[2])
                self._tally.received += not own
                if own and name == self._beat_name:
                    self._feel(retry)
            elif word == self._dialect.confirmed:
                self._ends.doubted(name)
            elif word == b"sunsubscribe" and name in self._wanted:
                self._ends.strayed()  # its slot has moved
            taken += 1
            if taken % _AT_ONCE == 0:
                await asyncio.sleep(0)  # what is buffered is read without waiting

    def _feel(self, retry: Retry) -> None:
        """The own beat came back."""
        self._felt_at = self._heard_at
        self.round_trip_ms = (self._heard_at - self._beat_at) * 1_000
        retry.well()

    # -- what is to be heard, and whether anything is

    async def _tend(self) -> None:
        while True:
            due = self._looked_at + self._timing.beat_seconds - monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due)):
                    await self._change.wait()
            self._change.clear()
            try:
                if self._hearing is not None:
                    await self._ask(self._hearing)
            except TROUBLE:
                self._give_up()
            if monotonic() - self._looked_at >= self._timing.beat_seconds:
                self._look()

    def _look(self) -> None:
        """Speak to oneself in silence; give up when even that does not come back.

        Rounds are counted, not seconds: a loop that was busy for long is no silent line.
        """
        now = monotonic()
        silent = self._heard_at <= self._looked_at
        self._looked_at = now
        self._silent_rounds = self._silent_rounds + 1 if silent else 0
        if self._silent_rounds * self._timing.beat_seconds >= self._timing.silence_seconds:
            self._give_up()
        elif self._hearing is not None:
            self._beat_at = now
            self.speaker.say_first(Saying(self._beat_name, self._beat, False, now))

    def _give_up(self) -> None:
        """Let the hearing end as if it had broken by itself."""
        self._silent_rounds = 0
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def _ask(self, connection: AbstractConnection) -> None:
        """Subscribe to what is wanted by now, unsubscribe from the rest."""
        while self._changed and connection is self._hearing:
            names = list(islice(self._changed, BATCH))
            for name in names:
                del self._changed[name]
            wanted = [name for name in names if name in self._wanted]
            unwanted = [name for name in names if name not in self._wanted]
            async with asyncio.timeout(self._timing.speak_seconds):
                for word, some in (
                    (self._dialect.subscribe, wanted), (self._dialect.unsubscribe, unwanted),
                ):  # fmt: skip
                    await self._command(connection, word, some)

    async def _command(self, connection: AbstractConnection, word: str, names: list[bytes]) -> None:
        if not names:
            return
        if not connection.is_connected:  # hung up meanwhile; by itself it would call anew
            raise ConnectionResetError
        # Shards refuse names of several slots in one command.
        each = [names] if self._dialect is PLAIN else [[name] for name in names]
        commands = connection.pack_commands((word, *some) for some in each)
        await connection.send_packed_command(commands, check_health=False)
