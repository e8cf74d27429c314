"""The same over a Redis Cluster with sharded pub/sub, also when a shard fails over."""

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest

from sessions.events import new_session_id
from signaling.redis_bus import RedisBus
from tests.integration.bus.conftest import NAMES, SECRETS, Notebook, passing, until, until_heard
from tests.patience import allowed
from tests.servers import RedisServer, redis_cluster_in


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RedisServer]]:
    """Three masters, and a replica of the first."""
    with redis_cluster_in(tmp_path_factory.mktemp("cluster")) as servers:
        yield servers


def bus_to(cluster: list[RedisServer]) -> RedisBus:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in cluster[1:])
    return RedisBus(f"redis+cluster://{hosts}", secrets=SECRETS, names=NAMES)


class Listeners:
    """Many sessions on one node, spread over all shards."""

    def __init__(self, bus: RedisBus, how_many: int) -> None:
        self.ears = {new_session_id(): Notebook() for _ in range(how_many)}
        self._stops = [bus.listen(session, ear) for session, ear in self.ears.items()]

    @property
    def subscribed(self) -> bool:
        return all(ear.doubts for ear in self.ears.values())

    def heard(self, times: int) -> bool:
        return all(len(ear.heard) == times for ear in self.ears.values())

    def stop(self) -> None:
        for stop in self._stops:
            stop()


async def test_every_shard_carries_its_part_and_a_failed_one_is_followed(
    cluster: list[RedisServer],
) -> None:
    """F-06: quick on every shard at once; after a failover it goes on, on the replica."""
    here, there = bus_to(cluster), bus_to(cluster)
    for bus in (here, there):
        await bus.start()
    await until_heard(here, there)
    many = Listeners(there, 60)
    await until(lambda: many.subscribed)
    for server in cluster[:3]:
        assert len(server.order("PUBSUB", "SHARDCHANNELS").split()) > 5

    began = monotonic()
    for session in many.ears:
        here.publish(session, passing(session))
    await until(lambda: many.heard(1))
    assert monotonic() - began < allowed(0.5)  # one poll after the other would take seconds

    for _ in range(20):
        for session in many.ears:
            here.publish(session, passing(session))
    await until(lambda: many.heard(21))

    cluster[0].kill()
    await until(lambda: here.report().degraded and there.report().degraded)
    await until_heard(here, there)
    before = {session: len(ear.heard) for session, ear in many.ears.items()}
    for session in many.ears:
        here.publish(session, passing(session))
    await until(lambda: all(len(many.ears[one].heard) == before[one] + 1 for one in many.ears))
    moved = [ear for ear in many.ears.values() if ear.doubts > 1]
    assert 0 < len(moved) < len(many.ears)  # those of the shard that failed look into the log

    many.stop()
    await until(lambda: there.report().channels == 0)
    await asyncio.gather(here.close(), there.close())
