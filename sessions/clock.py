"""The clock that everything here is given unless a test gives another. It knows no time zone."""

import time
from collections.abc import Callable

Clock = Callable[[], int]  # UTC, in milliseconds


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000
