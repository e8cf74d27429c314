"""Puts picture and sound of one sender on one clock, and into one order.

Each counts time by itself (RTP); what the sender says about both (RTCP sender reports) comes only
after some seconds. So the first seconds are held, and what drifts later is drawn after slowly. It
knows neither packets nor files. Times are seconds of the receiver's monotonic clock.
"""

import heapq
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

Track = Literal["audio", "video"]
RATES: Final[dict[Track, int]] = {"audio": 48_000, "video": 90_000}
HOLD_SECONDS: Final = 2.4  # the first report on sound comes after some 2.2
_HOLD_BYTES: Final = 8_000_000
_ORDER_SECONDS: Final = 0.8  # for packets that are sent again
_SLEW: Final = 0.02  # seconds a second
_EARLY_SECONDS, _LATE_SECONDS = 1.0, 5.0  # against when it came: beyond, its count began anew


class Timed(NamedTuple):
    """One frame and when it was seen or heard."""

    at: float
    order: int  # as it came, among those of one time
    track: Track
    data: bytes
    alone: bool


class _Count:
    """One track's own count of time, and how it lies on our clock."""

    def __init__(self, rate: int) -> None:
        self.offset: float | None = None  # seconds from the count to our clock
        self.least: float | None = None  # of coming less counting: its shortest way here
        self.reported: float | None = None  # the sender's clock less the count
        self._rate = rate
        self._last: int | None = None
        self._last_at: float | None = None

    def seconds(self, timestamp: int) -> float:
        """Of a time of 32 bits that begins at zero again and again."""
        if self._last is None:
            self._last = timestamp
        else:
            step = (timestamp - self._last) & 0xFFFF_FFFF
            self._last += step - (step >> 31 << 32)
        return self._last / self._rate

    def place(self, counted: float, now: float, aim: float | None) -> float:
        """Where it lies on our clock; a little nearer to `aim`, an offset, than the last."""
        assert self.offset is not None
        if self._last_at is not None and aim is not None:
            most = _SLEW * min(1.0, max(0.0, counted - self._last_at))
            self.offset += min(most, max(-most, aim - self.offset))
        self._last_at = counted
        if not -_EARLY_SECONDS < now - counted - self.offset < _LATE_SECONDS:
            self.offset = now - counted
        return counted + self.offset


class Lipsync:
    """Frames go in as they come and out in order. `tick` now and then, `flush` in the end.

    `began` is when the first was seen or heard, and None as long as all is held.
    """

    def __init__(self, out: Callable[[Timed], None], tracks: tuple[Track, ...]) -> None:
        self.began: float | None = None
        self._out = out
        self._counts = {track: _Count(RATES[track]) for track in tracks}
        self._held: list[tuple[Track, float, float, bytes, bool]] = []  # track, counted, came, ...
        self._held_bytes = 0
        self._first_at: float | None = None
        self._clock: float | None = None  # our clock less the sender's
        self._queue: list[Timed] = []
        self._order = 0

    def report(self, track: Track, sender_seconds: float, timestamp: int) -> None:
        """The sender's clock at this time of this track. Before its first frame it says nothing."""
        count = self._counts.get(track)
        if count is None or count.least is None:
            return
        count.reported = sender_seconds - count.seconds(timestamp)
        if self.began is not None and self._clock is None:
            assert count.offset is not None
            self._clock = count.offset - count.reported  # whoever is first stays where it is

    def frame(self, track: Track, timestamp: int, data: bytes, alone: bool, now: float) -> None:
        count = self._counts[track]
        counted = count.seconds(timestamp)
        way = now - counted
        count.least = way if count.least is None else min(count.least, way)
        if self.began is None:
            self._first_at = self._first_at or now
            self._held.append((track, counted, now, data, alone))
            self._held_bytes += len(data)
        else:
            self._place(track, counted, now, data, alone)
        self.tick(now)

    def put(self, track: Track, at: float, data: bytes) -> None:
        """Something of our own, at a time of our clock. Only once it has begun."""
        self._push(track, at, data, alone=True)

    def tick(self, now: float) -> None:
        """Let go of what has waited long enough."""
        if self.began is None:
            if self._first_at is None:
                return
            known = all(count.reported is not None for count in self._counts.values())
            waited = now - self._first_at
            if not known and waited < HOLD_SECONDS and self._held_bytes < _HOLD_BYTES:
                return
            self._begin()
        while self._queue and self._queue[0].at < now - _ORDER_SECONDS:
            self._out(heapq.heappop(self._queue))

    def flush(self) -> None:
        """Let go of everything; nothing may come after it."""
        if self.began is None and self._held:
            self._begin()
        while self._queue:
            self._out(heapq.heappop(self._queue))

    def _begin(self) -> None:
        here = [count for count in self._counts.values() if count.least is not None]
        ways = [
            c.least - c.reported for c in here if c.least is not None and c.reported is not None
        ]
        if len(ways) == len(here):  # else each as it comes
            self._clock = min(ways)
        for count in here:
            if self._clock is not None and count.reported is not None:
                count.offset = count.reported + self._clock
            else:
                count.offset = count.least
        held, self._held = self._held, []
        self.began = min(
            counted + offset
            for track, counted, _, _, _ in held
            if (offset := self._counts[track].offset) is not None
        )
        for track, counted, came, data, alone in held:
            self._place(track, counted, came, data, alone)

    def _place(self, track: Track, counted: float, now: float, data: bytes, alone: bool) -> None:
        count = self._counts[track]
        if count.offset is None:  # its first
            count.offset = now - counted
        aim = None
        if self._clock is not None and count.reported is not None:
            aim = count.reported + self._clock
        self._push(track, count.place(counted, now, aim), data, alone)

    def _push(self, track: Track, at: float, data: bytes, alone: bool) -> None:
        self._order += 1
        heapq.heappush(self._queue, Timed(at, self._order, track, data, alone))
