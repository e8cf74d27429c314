"""How soon four hundred connections, lost in one moment, have all joined again (F-27)."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median

from tests.bench import Figure
from tests.herd import herd, lost_and_back

ROUNDS = 5


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        async with herd(Path(folder)) as pages:
            seen = [await lost_and_back(pages) for _ in range(ROUNDS)]
    return [
        Figure("half are back", "s", tuple(median(one.times) for one in seen)),
        Figure("95 % are back", "s", tuple(one.p95 for one in seen), "≤ 15"),
        Figure("all are back", "s", tuple(one.times[-1] for one in seen), "≤ 45"),
        Figure("slowest answer to others", "s", tuple(one.slowest_answer for one in seen)),
    ]
