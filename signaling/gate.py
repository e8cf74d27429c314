"""The gate: how many may be on their way in at once. The rest is told when to come again, before
any work is done for them. It does not know where they go, and of who they are only what it is told.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sessions.events import Refused

_SOONEST_S: Final = 1
_LATEST_S: Final = 3


class Gate:
    """Lets `most` in at once: after a great loss all come back together, and who answers all of
    them at the same time answers nobody in time."""

    def __init__(self, most: int, each: int | None = None) -> None:
        """`each`: how many of them may be the same one's."""
        self._most = most
        self._each = most if each is None else each
        self._inside: Counter[str] = Counter()

    @contextmanager
    def entering(self, whose: str = "") -> Iterator[None]:
        """For as long as it takes to let one in; raises Refused("busy") when too many are at it."""
        if self._inside.total() >= self._most or self._inside[whose] >= self._each:
            retry_s = random.randint(_SOONEST_S, _LATEST_S)
            raise Refused("busy", retry_s=retry_s, retry_ms=retry_s * 1_000)
        self._inside[whose] += 1
        try:
            yield
        finally:
            self._inside[whose] -= 1
            if not self._inside[whose]:
                del self._inside[whose]
