"""How late the event loop runs: what everybody on this node waits for beside their own work."""

import asyncio
import statistics
from collections import deque
from typing import Final

from signaling.tasks import Tasks

_EVERY_SECONDS: Final = 0.1
_LOOKS: Final = 15  # the middle one counts: a moment of work is no overload


class Lag:
    """Measured by sleeping and looking at the clock."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._late = deque([0.0] * _LOOKS, _LOOKS)
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to measure."""
        self._tasks.spawn(self._run())

    async def close(self) -> None:
        """Stop measuring."""
        await self._tasks.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY_SECONDS
            await asyncio.sleep(_EVERY_SECONDS)
            self._late.append(max(0.0, loop.time() - due))
            self.seconds = statistics.median(self._late)
