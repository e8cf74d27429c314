"""How late the event loop runs: what everybody on this node waits for beside their own work.

It does not know what holds the loop up; the log and a profiler do.
"""

import asyncio
import statistics
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from signaling.tasks import Tasks

STALL_SECONDS: Final = 2.0
_EVERY_SECONDS: Final = 0.1
_LOOKS: Final = 15  # the middle one counts: a moment of work is no overload
_RESTED_SECONDS: Final = 15.0  # without another stall, before new calls may come again
_REMEMBERED_SECONDS: Final = 60.0


class Lag:
    """Measured by sleeping and looking at the clock."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.seconds = 0.0
        self._clock = clock
        self._late = deque([0.0] * _LOOKS, _LOOKS)
        self._worst: deque[tuple[float, float]] = deque()  # when, and how late; ever less late
        self._stalled_at = float("-inf")
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to measure."""
        self._tasks.spawn(self._run())

    async def close(self) -> None:
        """Stop measuring."""
        await self._tasks.close()

    @property
    def worst_seconds(self) -> float:
        """The longest that anything waited for the loop within the last minute."""
        return self._worst[0][1] if self._worst else 0.0

    @property
    def stalled(self) -> bool:
        """Whether the loop stood still a moment ago: who comes now should go elsewhere."""
        return self._clock() - self._stalled_at < _RESTED_SECONDS

    def note(self, late_seconds: float) -> None:
        """So late it was, just now."""
        now = self._clock()
        self._late.append(late_seconds)
        self.seconds = statistics.median(self._late)
        while self._worst and self._worst[-1][1] <= late_seconds:
            self._worst.pop()
        self._worst.append((now, late_seconds))
        while self._worst[0][0] < now - _REMEMBERED_SECONDS:
            self._worst.popleft()
        if late_seconds > STALL_SECONDS:
            self._stalled_at = now

    async def _run(self) -> None:
        while True:
            due = self._clock() + _EVERY_SECONDS
            await asyncio.sleep(_EVERY_SECONDS)
            self.note(max(0.0, self._clock() - due))
