"""The bus over Redis: what is published here is heard at once here, and soon on other nodes.

Everything that goes to Redis is sealed, names of channels included; what comes is opened, or
counted and forgotten. It knows no roles, no order and no log: a doubt is all it can utter.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic

from sessions.clock import Clock, wall_clock_ms
from sessions.envelope import Unreadable
from sessions.events import Envelope, SessionId
from signaling.bus import BusReport, Ear, MemoryBus
from signaling.parcels import BEAT, DOUBT, Own, Parcels, pack
from signaling.redis_line import Line
from signaling.redis_shards import Alone, Call, Lines, Shards, caller, is_cluster
from signaling.redis_speaker import (
    LOG_SECONDS,
    PLAIN,
    SHARDED,
    Dialect,
    Ends,
    Saying,
    Tally,
    Timing,
)

_logger = logging.getLogger(__name__)


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
        self._timing = timing or Timing()
        self._lines = self._lines_to(url)

    # -- what every bus offers

    def publish(self, channel: SessionId, envelope: Envelope) -> None:
        """Tell this node's ears now, the others' from the line's own task."""
        self._near.publish(channel, envelope)
        name = self._parcels.names_of(channel)[0]
        saying = Saying(name, pack(envelope), envelope.seq is not None, monotonic())
        self._lines.say(saying)

    def listen(self, channel: SessionId, ear: Ear) -> Callable[[], None]:
        if not self._near.has_ears(channel):
            for name in self._parcels.names_of(channel):
                self._channels[name] = channel
                self._lines.want(name)
        stop_near = self._near.listen(channel, ear)

        def stop() -> None:
            stop_near()
            if not self._near.has_ears(channel):
                for name in self._parcels.names_of(channel):
                    if self._channels.pop(name, None) is not None:
                        self._lines.unwant(name)

        return stop

    def report(self) -> BusReport:
        lines = self._lines.lines
        trips = [line.round_trip_ms for line in lines if line.round_trip_ms is not None]
        return BusReport(
            degraded=not lines or not all(line.alive for line in lines),
            round_trip_ms=max(trips, default=None),
            queued=sum(len(line.speaker) for line in lines),
            channels=sum(len(line) for line in lines),
            published=self._tally.published,
            received=self._tally.received,
            dropped=self._tally.dropped,
            unopened=self._tally.unopened,
            reconnects=self._tally.reconnects,
        )

    async def start(self) -> None:
        """Begin to connect; a Redis that is not there yet is found when it is."""
        self._lines.start()

    async def close(self) -> None:
        await self._lines.close()

    # -- what a line asks

    def _lines_to(self, url: str) -> Lines:
        if is_cluster(url):
            line_to = partial(self._line_to, SHARDED)
            return Shards(url, own_name=self._parcels.own_name, line_to=line_to)
        return Alone(self._line_to(PLAIN, caller(url), self._parcels.own_name(0), lambda: None))

    def _line_to(
        self, dialect: Dialect, call: Call, beat_name: bytes, strayed: Callable[[], None]
    ) -> Line:
        ends = Ends(call, self._parcels.seal, self._heard, self._doubted, strayed)
        return Line(
            ends, dialect, beat_name=beat_name, beat=pack(BEAT), doubt=pack(DOUBT),
            timing=self._timing, tally=self._tally,
        )  # fmt: skip

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
