"""The unit tests of counting, over PostgreSQL."""

import asyncio

from sessions.database import Database
from sessions.lifecycle import Lifecycle
from sessions.statistics import Statistics
from tests.unit.sessions.conftest import Now
from tests.unit.sessions.test_statistics import *  # noqa: F403
from tests.unit.sessions.test_statistics import TEN, counters, given_up


async def test_two_nodes_count_each_session_once(
    database: Database, other_database: Database, lifecycle: Lifecycle, now: Now
) -> None:
    """OB-12: each on its own connections, at the same moment, with more than fits into one go."""
    now.ms = TEN
    for _ in range(230):
        await given_up(lifecycle)
    nodes = [Statistics(one, now_ms=now) for one in (database, other_database)]
    for node in nodes:
        node.visit()
    done = await asyncio.gather(*(node.count() for node in nodes for _ in range(3)))
    assert sum(done) == 230
    counted = await counters(database)
    assert counted["2026-11-30", "calls", "all"] == 230
    assert counted["2026-11-30", "outcome", "gave_up"] == 230
    assert counted["2026-11-30", "visits", "all"] == 2
