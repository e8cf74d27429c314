"""Redis dies, freezes, or is out of reach for one node: nothing is lost, nothing waits for it.

Every acknowledged event is written down with its time, and so is every delivery on every node.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest

from sessions.events import Envelope, Seq
from signaling.channel import Watch
from signaling.redis_bus import RedisBus
from signaling.tasks import Tasks
from tests.integration.bus.conftest import NAMES, SECRETS, bus_to, until, until_heard
from tests.patience import allowed
from tests.proxy import proxy_to
from tests.servers import RedisServer
from tests.world import Browser, Node, World, world_in

NODES = 3
SESSIONS = 3
OUTAGE_SECONDS = 2.0
LATEST_SECONDS = 2.5  # from the acknowledgement to every node, with Redis down
ACK_SECONDS = 0.4  # with Redis frozen; a publisher that waited for it would take at least 0.5


@dataclass
class History:
    """What was acknowledged, and what came where, when."""

    acked: dict[str, tuple[str, int, float]] = field(default_factory=dict)  # session, seq, when
    ack_seconds: list[float] = field(default_factory=list)
    came: dict[tuple[str, str], list[tuple[int, str, float]]] = field(default_factory=dict)

    def watch(self, node: Node, browser: Browser) -> Watch:
        """Write down all that this node delivers of a session."""
        mine = self.came.setdefault((browser.session, node.name), [])

        def sink(_frame: bytes, event: Envelope) -> None:
            if event.seq is not None:
                mine.append((event.seq, event.id, monotonic()))

        return node.relay.watch(browser.session, Seq(0), sink, None)

    def complete(self) -> bool:
        """Whether every node has every acknowledged event."""
        ids = {key: {id_ for _, id_, _ in came} for key, came in self.came.items()}
        return all(
            id_ in ids[key]
            for id_, (session, _, _) in self.acked.items()
            for key in ids
            if key[0] == session
        )

    def violations(self) -> list[str]:
        """Loss, duplicates, disorder, lateness."""
        found = []
        for (session, node), came in self.came.items():
            where = f"{node}, {session[:4]}"
            if [seq for seq, _, _ in came] != list(range(1, len(came) + 1)):
                found.append(f"{where}: not each seq once and in order")
            at = {id_: (seq, when) for seq, id_, when in came}
            for id_, (in_session, seq, when) in self.acked.items():
                if in_session != session:
                    continue
                if id_ not in at or at[id_][0] != seq:
                    found.append(f"{where}: {seq} was acknowledged and did not come")
                elif at[id_][1] - when > allowed(LATEST_SECONDS):
                    found.append(f"{where}: {seq} came {at[id_][1] - when:.2f} s later")
        return found


class Load:
    """Talks on three nodes, two people in each, who keep talking."""

    def __init__(self, world: World) -> None:
        self.history = History()
        self._world = world
        self._tasks = Tasks()
        self._speakers: list[Browser] = []

    async def begin(self) -> None:
        nodes = self._world.nodes
        for number in range(SESSIONS):
            prospect = await self._world.prospect()
            advisor = await self._world.advisor(prospect.session)
            await prospect.join(nodes[number % NODES])
            await advisor.join(nodes[(number + 1) % NODES])
            for node in nodes:
                self.history.watch(node, prospect)
            await advisor.say("session.accepted", {"name": "Advisor", "title": ""})
            self._speakers += [prospect, advisor]
        for speaker in self._speakers:
            self._tasks.spawn(self._talk(speaker))

    async def end(self) -> None:
        """Nobody says anything more; wait until everybody heard it all."""
        await self._tasks.close()
        await until(self.history.complete)
        for speaker in self._speakers:
            speaker.leave()

    async def _talk(self, speaker: Browser) -> None:
        while True:
            event = speaker.sealed("chat.message", {"text": "Guten Tag"})
            began = monotonic()
            stored = await speaker.publish(event)
            assert stored.seq is not None
            now = monotonic()
            self.history.ack_seconds.append(now - began)
            self.history.acked[stored.id] = (stored.session, stored.seq, now)
            await asyncio.sleep(0.03)


async def degraded(world: World, how_many: int = NODES) -> None:
    await until(lambda: sum(node_bus(node).report().degraded for node in world.nodes) == how_many)


def node_bus(node: Node) -> RedisBus:
    bus = node.relay._bus
    assert isinstance(bus, RedisBus)
    return bus


@asynccontextmanager
async def loaded(
    folder: Path, template: Path, buses: list[RedisBus]
) -> AsyncIterator[tuple[World, Load]]:
    async with world_in(folder, template, buses=buses, sweep_seconds=1.0) as world:
        await until_heard(*buses)
        load = Load(world)
        await load.begin()
        yield world, load


async def kill(redis: RedisServer, world: World) -> None:
    redis.kill()
    await degraded(world)
    await asyncio.sleep(OUTAGE_SECONDS)
    redis.start()


async def freeze(redis: RedisServer, world: World) -> None:
    redis.freeze()
    await degraded(world)
    await asyncio.sleep(OUTAGE_SECONDS)
    redis.thaw()


@pytest.mark.parametrize("fault", [kill, freeze])
async def test_nothing_is_lost_and_no_acknowledgement_waits(
    fault: Callable[[RedisServer, World], Awaitable[None]],
    tmp_path: Path, template: Path, redis_server: RedisServer,
) -> None:  # fmt: skip
    """F-03, F-04, F-06, F-12: killed or frozen for two seconds and more, under load."""
    buses = [bus_to(redis_server) for _ in range(NODES)]
    async with loaded(tmp_path, template, buses) as (world, load):
        await asyncio.sleep(0.5)
        before = len(load.history.acked)
        await fault(redis_server, world)
        during = len(load.history.acked) - before
        await until_heard(*buses)
        await asyncio.sleep(0.5)
        await load.end()
        assert load.history.violations() == []
        assert during > 50
        waits = sorted(load.history.ack_seconds)
        assert waits[int(len(waits) * 0.99)] < allowed(ACK_SECONDS)
        print(
            f"{len(waits)} acknowledged, {during} of them without Redis; "
            f"median {waits[len(waits) // 2] * 1_000:.1f} ms, "
            f"99 % within {waits[int(len(waits) * 0.99)] * 1_000:.1f} ms"
        )


async def test_one_node_is_cut_off_and_notices(
    tmp_path: Path, template: Path, redis_server: RedisServer
) -> None:
    """F-05: packets vanish without a reset; the node knows within three seconds, others go on."""
    async with proxy_to(redis_server.port) as proxy:
        apart = RedisBus(f"redis://127.0.0.1:{proxy.port}", secrets=SECRETS, names=NAMES)
        buses = [apart, bus_to(redis_server), bus_to(redis_server)]
        async with loaded(tmp_path, template, buses) as (_, load):
            began = monotonic()
            proxy.swallow()
            await until(lambda: apart.report().degraded)
            assert monotonic() - began < allowed(3)
            await asyncio.sleep(OUTAGE_SECONDS)
            assert [bus.report().degraded for bus in buses] == [True, False, False]
            proxy.open()
            await until_heard(*buses)
            await load.end()
            assert load.history.violations() == []


async def test_connections_that_are_cut_over_and_over(
    tmp_path: Path, template: Path, redis_server: RedisServer
) -> None:
    """F-12: as Redis cuts off a node that reads too slowly."""
    async with proxy_to(redis_server.port) as proxy:
        url = f"redis://127.0.0.1:{proxy.port}"
        buses = [RedisBus(url, secrets=SECRETS, names=NAMES) for _ in range(NODES)]
        async with loaded(tmp_path, template, buses) as (_, load):
            for _ in range(5):
                proxy.cut()
                await asyncio.sleep(0.1)
                await until_heard(*buses)
            await load.end()
            assert load.history.violations() == []
            assert min(bus.report().reconnects for bus in buses) >= 3
