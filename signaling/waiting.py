"""The arithmetic of waiting: who is next, who could answer, and how long it will take.

Pure functions of what the database says. No name, no topic and no history of a person comes in.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sessions.accounts import Availability

_FEWEST_TALKS: Final = 3  # to say anything about how long one takes


@dataclass(frozen=True, slots=True)
class Advisors:
    """How many advisors could answer, and how many of them can at once."""

    open: bool  # any console is open whose advisor is not away
    free: int
    talking: int  # and willing to take the next one afterwards


def expected_wait_s(position: int, advisors: Advisors, talks_s: Sequence[int]) -> int | None:
    """How long someone at `position` (from 1) will wait, in seconds.

    Rather too long than too short. 0 when an advisor is free for them; None when nobody can say:
    no advisor who will take the next one, or too few talks to know how long one takes.
    """
    ahead = position - advisors.free
    if ahead <= 0:
        return 0
    serving = advisors.free + advisors.talking
    if not serving or len(talks_s) < _FEWEST_TALKS:
        return None
    talk_s = max(60.0, statistics.median(talks_s))
    return -(-round(ahead * talk_s / serving) // 60) * 60  # up to the full minute


def advisors_at(desk: Sequence[Availability]) -> Advisors:
    """Count the consoles that are open."""
    there = [advisor for advisor in desk if advisor.open and advisor.wish != "away"]
    willing = [advisor for advisor in there if advisor.wish == "free"]
    talking = sum(advisor.in_talk for advisor in willing)
    return Advisors(open=bool(there), free=len(willing) - talking, talking=talking)
