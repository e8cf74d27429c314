"""How many advisors are free, busy and away: numbers for the console, the board and metrics."""

from collections.abc import Iterable
from dataclasses import dataclass

from sessions.accounts import Availability


@dataclass(frozen=True, slots=True)
class Headcount:
    """Advisors by what one may expect of them now."""

    free: int
    busy: int
    away: int


def headcount(advisors: Iterable[Availability]) -> Headcount:
    """Whoever has no console open is away, whatever they wished for when they left."""
    everyone = list(advisors)
    present = [one for one in everyone if one.open or one.in_talk]
    free = sum(one.free for one in present)
    busy = sum(one.in_talk or one.wish == "busy" for one in present)
    return Headcount(free=free, busy=busy, away=len(everyone) - free - busy)
