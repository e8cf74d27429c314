"""The bus over Redis: what is published here is heard at once here, and soon on other nodes.

Everything that goes to Redis is sealed, names of channels included; what comes is opened, or
counted and forgotten. It knows no roles, no order and no log: a doubt is all it can utter.
"""

import logging
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Protocol

from redis.asyncio.connection import AbstractConnection, ConnectionPool

from sessions.clock import Clock, wall_clock_ms
from sessions.envelope import Unreadable
from sessions.events import Envelope, SessionId
from signaling.bus import BusReport, Ear, MemoryBus
from signaling.parcels import BEAT, DOUBT, Own, Parcels, pack
from signaling.redis_line import Line
from signaling.redis_speaker import PLAIN, Ends, Saying, Tally, Timing

LOG_SECONDS: Final = 60.0
_CONNECT_SECONDS: Final = 0.5
_logger = logging.getLogger(__name__)


class Lines(Protocol):
    """The servers behind the bus: one, or the shards of a cluster."""

    def of(self, name: bytes) -> Line | None:
        """The line that carries this name, if its server is known."""

    def all(self) -> Sequence[Line]:
        """Every line."""

    def start(self, ends: Callable[[Callable[[], AbstractConnection]], Ends]) -> None:
        """Begin, with what a line asks of the bus once it can connect."""

    async def close(self) -> None:
        """End every line."""


class RedisBus:
    """One node's end of the bus.

    `secrets` and `names` are 32-byte secrets that all nodes share, newest first: see `Parcels`.
    """

    def __init__(
        self, url: str, *, secrets: Sequence[bytes], names: Sequence[bytes],
        now_ms: Clock = wall_clock_ms, timing: Timing | None = None,
    ) -> None:  # fmt: skip
        self._near = MemoryBus()
        self._parcels = Parcels(secrets, names, now_ms)
        self._tally = Tally()
        self._channels: dict[bytes, SessionId] = {}  # by each of their names
        self._logged_at = -LOG_SECONDS
        timing = timing or Timing()
        self._line = Line(
            self._ends(_caller(url)), PLAIN, beat_name=self._parcels.own_name(), beat=pack(BEAT),
            doubt=pack(DOUBT), timing=timing, tally=self._tally,
        )  # fmt: skip

    # -- what every bus offers

    def publish(self, channel: SessionId, envelope: Envelope) -> None:
        """Tell this node's ears now, the others' from the line's own task."""
        self._near.publish(channel, envelope)
        name = self._parcels.names_of(channel)[0]
        saying = Saying(name, pack(envelope), envelope.seq is not None, monotonic())
        self._line.speaker.say(saying)

    def listen(self, channel: SessionId, ear: Ear) -> Callable[[], None]:
        if not self._near.has_ears(channel):
            for name in self._parcels.names_of(channel):
                self._channels[name] = channel
                self._line.want(name)
        stop_near = self._near.listen(channel, ear)

        def stop() -> None:
            stop_near()
            if not self._near.has_ears(channel):
                for name in self._parcels.names_of(channel):
                    if self._channels.pop(name, None) is not None:
                        self._line.unwant(name)

        return stop

    def report(self) -> BusReport:
        return BusReport(
            degraded=not self._line.alive,
            round_trip_ms=self._line.round_trip_ms,
            queued=len(self._line.speaker),
            channels=len(self._line),
            published=self._tally.published,
            received=self._tally.received,
            dropped=self._tally.dropped,
            unopened=self._tally.unopened,
            reconnects=self._tally.reconnects,
        )

    async def start(self) -> None:
        """Begin to connect; a Redis that is not there yet is found when it is."""
        self._line.start()

    async def close(self) -> None:
        await self._line.close()

    # -- what a line asks

    def _ends(self, connect: Callable[[], AbstractConnection]) -> Ends:
        return Ends(connect, self._parcels.seal, self._heard, self._doubted, lambda: None)

    def _heard(self, name: bytes, sealed: bytes) -> bool:
        """Something came under a name; it means nothing before it has opened."""
        try:
            word = self._parcels.open(sealed, name)
        except Own:
            return True
        except Unreadable:
            self._count_unopened()
            return False
        channel = self._channels.get(name)
        if channel is not None and isinstance(word, Envelope):
            self._near.publish(channel, word)
        elif channel is not None and word is DOUBT:
            self._near.resync(channel)
        return False

    def _doubted(self, name: bytes) -> None:
        """Subscribed, for the first time or anew: whatever passed before was not heard."""
        channel = self._channels.get(name)
        if channel is not None:
            self._near.resync(channel)

    def _count_unopened(self) -> None:
        self._tally.unopened += 1
        now = monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            _logger.warning("messages on the bus do not open: %d so far", self._tally.unopened)


def _caller(url: str) -> Callable[[], AbstractConnection]:
    """Makes connections as the URL says, with the options that redis-py knows."""
    pool = ConnectionPool.from_url(url)
    kind, options = pool.connection_class, pool.connection_kwargs
    # RESP2: a connection that hears is that alone, and may authenticate with AUTH only. No timeout
    # for the socket: redis-py would use asyncio.wait_for, which loses cancellations (Python 3.11).
    ours = {
        "protocol": 2, "driver_info": None, "socket_connect_timeout": _CONNECT_SECONDS,
        "socket_timeout": None, "socket_keepalive": True,
    }  # fmt: skip
    return lambda: kind(**options | ours)
