"""What of the counters may be seen: no small number, and none that the others would give away.

Pure. Nothing here tells a cell with nobody in it from one with too few, so that a single session
in a rare cell changes nothing that is published of its metric.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

K: Final = 10  # as many are together in every cell that is shown
STEP: Final = 5
EPSILON: Final = 1  # of what is noised, for each metric and stretch


def publishable(counts: Mapping[str, int], cells: Sequence[str]) -> dict[str, int]:
    """Those of the cells that may be shown, with their counts.

    Whenever one is withheld, so is the smallest that could be shown: whoever knows the total of
    them all finds at least K in what is missing (complementary suppression).
    """
    large = {cell: counts[cell] for cell in cells if counts.get(cell, 0) >= K}
    if large and len(large) < len(cells):
        del large[min(large, key=large.__getitem__)]
    return large


def rounded(count: int) -> int:
    """To the nearest multiple of STEP."""
    return (count + STEP // 2) // STEP * STEP


def noised(count: int) -> int:
    """With noise of the discrete Laplace distribution, P(x) ~ exp(-EPSILON |x|), drawn exactly.

    One session more or less changes one cell by one: EPSILON-differential privacy. In integers
    alone, since noise of floating point gives itself away in its last bits (Mironov 2012); the
    method is that of Canonne, Kamath, Steinke 2020, algorithms 1 and 2, for a scale of 1.
    """
    while True:
        size = 0
        while _exp_of_minus_one():
            size += 1
        minus = secrets.randbits(1) == 1
        if size or not minus:  # else nought would come twice as often
            return count - size if minus else count + size


def _exp_of_minus_one() -> bool:
    """True with a probability of exactly exp(-1)."""
    k = 1
    while secrets.randbelow(k) == 0:  # with a probability of 1/k
        k += 1
    return k % 2 == 1
