"""How many bits a second somebody may send us, beside the talk that must not suffer from it.

Sound comes every so often: when it comes later and later, or not at all, a queue on the way is
full, and ours is what gives way. It knows neither packets nor clocks of its own.
"""

from collections import deque
from typing import Final

START_BITS: Final = 600_000  # a second
LEAST_BITS: Final = 100_000
MOST_BITS: Final = 2_500_000
_LOSS: Final = 0.06  # of packets: what Wi-Fi loses by itself is less
_QUEUE_SECONDS: Final = 0.08
_REMEMBER_SECONDS: Final = 30  # clocks at both ends drift apart
_DOWN, _UP = 0.7, 1.12  # a second


class Pace:
    """Told of every packet of sound, asked once a second."""

    def __init__(self, most_bits: int = MOST_BITS) -> None:
        self.bits = min(START_BITS, most_bits)
        self._most_bits = most_bits
        self._now: float | None = None
        self._ways: deque[float] = deque(maxlen=_REMEMBER_SECONDS)

    def sound(self, way: float) -> None:
        """How long a packet was on its way, in seconds, with any constant added."""
        self._now = way if self._now is None else min(self._now, way)

    def second(self, loss: float) -> int:
        """A second has passed, in which this share of packets was lost: bits a second from now."""
        queue = 0.0
        if self._now is not None:
            self._ways.append(self._now)
            queue, self._now = self._now - min(self._ways), None
        if loss > _LOSS or queue > _QUEUE_SECONDS:
            self.bits = max(LEAST_BITS, int(self.bits * _DOWN))
        else:
            self.bits = min(self._most_bits, int(self.bits * _UP))
        return self.bits
