"""A Redis, nodes with a bus to it each, and what tests of the bus wait for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from sessions.events import SERVER, Envelope, Epoch, SessionId, new_event_id, sender_of
from signaling.redis_bus import RedisBus
from tests.patience import PATIENCE_SECONDS
from tests.servers import RedisServer, redis_server
from tests.world import World, migrated, world_in

__all__ = ["redis_server"]

SECRETS = (bytes([7]) * 32,)
NAMES = (bytes([8]) * 32,)

MakeWorld = Callable[..., AbstractAsyncContextManager[World]]


class Notebook:
    """An ear that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[Envelope] = []
        self.doubts = 0

    def hear(self, envelope: Envelope) -> None:
        self.heard.append(envelope)

    def resync(self) -> None:
        self.doubts += 1


def passing(session: SessionId, text: bytes = b"x") -> Envelope:
    return Envelope(session, sender_of(SERVER), new_event_id(), "chat.typing", Epoch(1), text, 1)


def bus_to(redis: RedisServer) -> RedisBus:
    return RedisBus(redis.url, secrets=SECRETS, names=NAMES)


async def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Look until it is so; other processes send no signal."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def until_heard(*buses: RedisBus) -> None:
    """Every bus hears itself."""
    await until(lambda: not any(bus.report().degraded for bus in buses))


@pytest.fixture
async def buses(redis_server: RedisServer) -> AsyncIterator[list[RedisBus]]:
    """Two that hear themselves."""
    both = [bus_to(redis_server), bus_to(redis_server)]
    for bus in both:
        await bus.start()
    await until_heard(*both)
    yield both
    for bus in both:
        await bus.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("template"))


@pytest.fixture
def make_world(tmp_path: Path, template: Path, redis_server: RedisServer) -> MakeWorld:
    """Nodes over one database; they compare with the log once a second, as in earnest."""

    @asynccontextmanager
    async def make(nodes: int) -> AsyncIterator[World]:
        buses = [bus_to(redis_server) for _ in range(nodes)]
        async with world_in(tmp_path, template, buses=buses, sweep_seconds=1.0) as world:
            await until_heard(*buses)
            yield world

    return make
