"""How late the event loop runs: what is measured, and what follows from a stall."""

import asyncio
import time

from web.lag import Lag


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stall_counts_for_a_while_and_is_forgiven() -> None:
    """F-37: more than two seconds, and new calls go elsewhere until the loop has rested."""
    clock = Clock()
    lag = Lag(clock)
    seen = []
    for passes_s, late_s in ((0, 1.9), (0, 2.1), (14, 0.0), (2, 0.0), (60, 0.01)):
        clock.now += passes_s
        lag.note(late_s)
        seen.append((lag.stalled, lag.worst_seconds))
    assert seen == [(False, 1.9), (True, 2.1), (True, 2.1), (False, 2.1), (False, 0.01)]


async def test_it_sees_what_holds_the_loop_up() -> None:
    lag = Lag()
    lag.start()
    await asyncio.sleep(0)
    time.sleep(0.6)  # noqa: ASYNC251
    async with asyncio.timeout(60):
        while lag.worst_seconds < 0.3:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await lag.close()
