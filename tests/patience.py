"""How long something may take on a machine that is slower than ours, or that others use as well.

Promises are for a machine of our own: there the factor is one. It grows with the queue for the
processors and with the time that one of them takes for a known piece of work, so that a test says
"too slow" of us and not of whoever works beside us, nor of the machine.
"""

import os
import time
from functools import lru_cache
from typing import Final

PATIENCE_SECONDS: Final = 60.0  # to wait for what comes: only ever waited out by a failure
_HOLDS_SECONDS: Final = 5.0  # the time that the known piece of work took
_ADDITIONS: Final = 500_000
_ADDITIONS_SECONDS: Final = 0.008  # of a processor of the machine that the promises were given on


def allowed(seconds: float) -> float:
    """So long, by the promise; longer where each waits for others, or a processor takes longer."""
    waiting, processors = os.getloadavg()[0], os.cpu_count() or 1
    return seconds * max(1.0, waiting / processors) * max(1.0, _taken() / _ADDITIONS_SECONDS)


def _taken() -> float:
    """The seconds of this processor that the known piece of work takes about now."""
    return _taken_in(int(time.monotonic() / _HOLDS_SECONDS))


@lru_cache(maxsize=1)
def _taken_in(_stretch: int) -> float:
    """Measured once in a stretch of time: whoever asks for each of a thousand lines waits once."""
    began, total = time.thread_time(), 0
    for number in range(_ADDITIONS):
        total += number
    return time.thread_time() - began
