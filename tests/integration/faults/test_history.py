"""Three nodes on one PostgreSQL and one Redis, everything failing in turn: nothing is lost."""

from pathlib import Path

from tests import postgres
from tests.faults.cluster import deployed
from tests.faults.scenario import run
from tests.servers import redis_in

OPERATIONS = 2_000
FIRST_SEED = 1


async def test_nothing_is_lost_or_shown_twice_while_everything_fails(tmp_path: Path) -> None:
    """F-01, F-03, F-05, F-07: acked is durable, in one order, once, to nobody else."""
    (tmp_path / "redis").mkdir()
    with postgres.running() as server, redis_in(tmp_path / "redis") as redis:
        async with deployed(tmp_path, server, redis, nodes=3) as cluster:
            outcome = await run(cluster, operations=OPERATIONS, talks=10, seed=FIRST_SEED)
    assert outcome.violations == []
    assert outcome.operations == OPERATIONS
    assert len(outcome.faults) == 6
