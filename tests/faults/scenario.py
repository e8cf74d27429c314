"""One run: people talk on several nodes while things fail, in an order that a seed decides.

It waits until everybody has said and seen everything, and gives the history with its figures.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, NamedTuple

import aiohttp

from tests.faults.cluster import Cluster, NodeProcess
from tests.faults.history import History, Violation
from tests.faults.talker import Measured, Talker

DOWN_SECONDS: Final = 2.0  # how long a fault lasts
BREATH_SECONDS: Final = 1.5  # between two
PATIENCE_SECONDS: Final = 300.0  # only ever waited out by a failure
Fault = Callable[[Cluster, random.Random], Awaitable[None]]


class Phase(NamedTuple):
    """A fault, and from when to when it lasted (monotonic)."""

    name: str
    began: float
    ended: float


@dataclass(slots=True)
class Outcome:
    """What a run was and what it showed."""

    operations: int
    violations: list[Violation]
    faults: list[Phase]
    seconds: float
    measured: Measured


async def redis_killed(cluster: Cluster, _dice: random.Random) -> None:
    """F-03: gone without a word, and back empty."""
    await asyncio.to_thread(cluster.redis.kill)
    await asyncio.sleep(DOWN_SECONDS)
    await asyncio.to_thread(cluster.redis.start)


async def redis_frozen(cluster: Cluster, _dice: random.Random) -> None:
    """F-04 in small: connected, and silent."""
    cluster.redis.freeze()
    await asyncio.sleep(DOWN_SECONDS)
    cluster.redis.thaw()


async def redis_parted(cluster: Cluster, dice: random.Random) -> None:
    """F-05: one node does not reach it, and is not told."""
    node = dice.choice(cluster.nodes)
    node.redis.hole()
    await asyncio.sleep(DOWN_SECONDS)
    node.redis.mend()


async def node_killed(cluster: Cluster, dice: random.Random) -> None:
    """F-01: `kill -9`, and somebody starts it again."""
    node: NodeProcess = dice.choice(cluster.nodes)
    await node.stop(signal.SIGKILL)
    await asyncio.sleep(DOWN_SECONDS)
    await node.start()


async def postgres_restarted(cluster: Cluster, _dice: random.Random) -> None:
    """F-07: every connection is cut, for a while there is none."""
    await asyncio.to_thread(cluster.postgres.stop)
    await asyncio.sleep(DOWN_SECONDS)
    await asyncio.to_thread(cluster.postgres.start)


async def postgres_parted(cluster: Cluster, dice: random.Random) -> None:
    """One node sends into the void: what it asks has an unknown outcome."""
    node = dice.choice(cluster.nodes)
    node.postgres.hole()
    await asyncio.sleep(DOWN_SECONDS)
    node.postgres.mend()


FAULTS: Final[tuple[Fault, ...]] = (
    redis_killed, redis_frozen, redis_parted, node_killed, postgres_restarted, postgres_parted,
)  # fmt: skip


async def run(
    cluster: Cluster, *, operations: int, talks: int, seed: int, faults: tuple[Fault, ...] = FAULTS
) -> Outcome:
    """Talk and fail until everything was said; then compare everybody with the database."""
    history, measured, began = History(), Measured(), monotonic()
    places = [place for number in range(talks) for place in await cluster.talk(number)]
    quota = operations // len(places)
    lasting = max(1, len(faults)) * (DOWN_SECONDS + BREATH_SECONDS)
    talkers = [
        Talker(
            place, history, measured,
            quota=quota, seed=seed * 1_000 + number, a_second=quota / lasting,
        )
        for number, place in enumerate(places)
    ]  # fmt: skip
    phases: list[Phase] = []
    order = list(faults)
    random.Random(seed).shuffle(order)

    def may_go(talker: Talker) -> Callable[[], bool]:
        """Everybody has said everything, and this one has seen it."""
        return lambda: (
            failing.done()
            and all(other.has_said_all for other in talkers)
            and talker.cursor >= history.head(talker.place.session)
        )

    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        asyncio.timeout(PATIENCE_SECONDS),
        asyncio.TaskGroup() as group,
    ):
        failing = group.create_task(_fail(cluster, order, random.Random(seed), phases))
        for talker in talkers:
            group.create_task(talker.talk(http, may_go(talker)))
    violations = history.violations(await cluster.logs())
    return Outcome(len(history.acked), violations, phases, monotonic() - began, measured)


async def _fail(
    cluster: Cluster, order: list[Fault], dice: random.Random, phases: list[Phase]
) -> None:
    for fault in order:
        await asyncio.sleep(BREATH_SECONDS)
        began = monotonic()
        await fault(cluster, dice)
        phases.append(Phase(fault.__name__, began, monotonic()))
    await asyncio.sleep(BREATH_SECONDS)
