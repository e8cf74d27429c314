"""The gate: how many may be on their way in at once. The rest is told when to come again, before
any work is done for them. It does not know who they are, nor where they go.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sessions.events import Refused

_SOONEST_S: Final = 1
_LATEST_S: Final = 3


class Gate:
    """Lets `most` in at once: after a great loss all come back together, and who answers all of
    them at the same time answers nobody in time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside = 0

    @contextmanager
    def entering(self) -> Iterator[None]:
        """For as long as it takes to let one in; raises Refused("busy") when too many are at it."""
        if self._inside >= self._most:
            retry_s = random.randint(_SOONEST_S, _LATEST_S)
            raise Refused("busy", retry_s=retry_s, retry_ms=retry_s * 1_000)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
