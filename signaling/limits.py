"""What one connection may send: token buckets and strikes.

Pure: the caller brings the clock. It does not know what the events say.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from sessions.events import Refused

FORGIVEN: Final = frozenset({"session.taken", "session.ended", "kind.state", "retry"})
# The next one says it all; each kind is counted by itself.
COALESCED: Final = frozenset({"chat.typing", "board.stroke", "board.pointer", "board.view"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one connection may send before it is refused, dropped or closed."""

    events_per_second: float = 20
    events_burst: float = 60
    coalesced_per_second: float = 30
    strikes: int = 10


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, then `per_second`."""

    per_second: float
    burst: float
    _tokens: float = field(init=False)
    _since: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float) -> bool:
        """Take one token at `now` (seconds, never going back); False when none is left."""
        tokens = self._tokens + (now - self._since) * self.per_second
        if tokens > self.burst:
            tokens = self.burst
        self._since = now
        if tokens < 1:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1
        return True

    def wait_ms(self) -> int:
        """How long after the last `take` a token will be there."""
        return max(0, round((1 - self._tokens) / self.per_second * 1000))


class Penalties:
    """Who was closed for what they sent stays out for a while: each time for twice as long.

    A connection costs more than what is refused on it: without this, whoever comes back at once
    after each would be felt by others. Of this node alone.
    """

    def __init__(self, *, first_seconds: float = 15, most_seconds: float = 120) -> None:
        self._first_seconds = first_seconds
        self._most_seconds = most_seconds
        self._until: dict[str, tuple[float, float]] = {}  # when it is over, how long it was

    def __len__(self) -> int:
        return len(self._until)

    def give(self, who: str, now: float) -> None:
        """One more for `who`."""
        for other, (ended, _) in list(self._until.items()):
            if now - ended > self._most_seconds:  # behaved for as long
                del self._until[other]
        _, before = self._until.get(who, (now, self._first_seconds / 2))
        seconds = min(self._most_seconds, before * 2)
        self._until[who] = (now + seconds, seconds)

    def also(self, name: str, who: str) -> None:
        """Another name of `who`, by which they are known for as long as this penalty lasts."""
        if who in self._until:
            self._until[name] = self._until[who]

    def check(self, who: str, now: float) -> None:
        """Raises Refused("too.fast") with the time that is left."""
        until, _ = self._until.get(who, (0.0, 0.0))
        if until > now:
            left = until - now
            raise Refused("too.fast", retry_ms=math.ceil(left * 1000), retry_s=math.ceil(left))


class Meter:
    """Counts what one connection sends, and its refusals."""

    __slots__ = ("_coalesced", "_events", "_limits", "strikes")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._events = Bucket(limits.events_per_second, limits.events_burst)
        self._coalesced: dict[str, Bucket] = {}
        self.strikes = 0

    def admit(self, kind: str, now: float) -> bool:
        """Whether to pass an event on; False: drop it silently. Raises Refused("too.fast")."""
        if kind in COALESCED:
            return self._admit_coalesced(kind, now)
        if not self._events.take(now):
            raise Refused("too.fast", retry_ms=self._events.wait_ms())
        return True

    def _admit_coalesced(self, kind: str, now: float) -> bool:
        bucket = self._coalesced.get(kind)
        if bucket is None:
            rate = self._limits.coalesced_per_second
            bucket = self._coalesced[kind] = Bucket(rate, rate)
        return bucket.take(now)

    def strike(self, code: str) -> bool:
        """Note a refusal; True when it was one too many."""
        if code not in FORGIVEN:
            self.strikes += 1
        return self.strikes >= self._limits.strikes
