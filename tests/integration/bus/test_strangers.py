"""Someone who can read and write everything in Redis, and has no key."""

import asyncio
import hashlib
import json
import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis

from sessions.events import new_session_id
from signaling.parcels import Parcels, pack
from signaling.redis_bus import RedisBus
from signaling.tasks import Tasks
from tests.documents import ROOT
from tests.integration.bus.conftest import (
    NAMES,
    SECRETS,
    MakeWorld,
    Notebook,
    passing,
    until,
    until_heard,
)
from tests.servers import RedisServer, free_port
from tests.world import World

NOISE = (
    b"", b"\0", b"{}", os.urandom(25), os.urandom(300), bytes(100),
    json.dumps({"method": "emit", "event": "event", "data": ["x"]}).encode(),
    pickle.dumps({"method": "disconnect"}), b"\x01" + os.urandom(200), b"\x02" + os.urandom(200),
)  # fmt: skip


@dataclass
class Stranger:
    """Hears everything, and says what they like."""

    redis: Redis
    recorded: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def channels(self) -> set[bytes]:
        return {channel for channel, _ in self.recorded}

    async def record(self) -> None:
        async with self.redis.pubsub() as listening:
            await listening.psubscribe("*")
            async for message in listening.listen():
                if message["type"] == "pmessage":
                    self.recorded.append((message["channel"], message["data"]))

    async def say(self, channel: bytes, data: bytes) -> int:
        heard: int = await self.redis.publish(channel, data)
        return heard


@asynccontextmanager
async def a_stranger(server: RedisServer) -> AsyncIterator[Stranger]:
    tasks = Tasks()
    # With a timeout redis-py would use asyncio.wait_for, which loses cancellations (Python 3.11).
    async with Redis(port=server.port, protocol=2, socket_timeout=None) as redis:
        stranger = Stranger(redis)
        tasks.spawn(stranger.record())
        await until(lambda: bool(stranger.recorded))  # a beat, four times a second
        yield stranger
        await tasks.close()


def unopened(world: World) -> int:
    return sum(_bus(node.relay._bus).report().unopened for node in world.nodes)


def _bus(bus: object) -> RedisBus:
    assert isinstance(bus, RedisBus)
    return bus


async def test_what_a_stranger_says_causes_nothing(
    make_world: MakeWorld, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """AT-60, AT-61: garbage, repetitions, forgeries and moved messages, on every channel."""
    async with make_world(2) as world, a_stranger(redis_server) as stranger:
        prospect = await world.prospect()
        advisor = await world.advisor(prospect.session, node=1)
        await prospect.join(world.nodes[0])
        await advisor.join(world.nodes[1])
        await advisor.say("session.accepted", {"name": "Advisor", "title": ""})
        await prospect.say("chat.message", {"text": "Guten Tag"})
        await prospect.say("chat.typing", {"on": True})
        await advisor.until(lambda who: bool(who.said("chat.typing")))
        await prospect.until(lambda who: who.cursor == 4)
        heard = (len(prospect.heard), len(advisor.heard))
        said = len(stranger.recorded)
        assert said >= 4

        sent = 0
        forger = Parcels([os.urandom(32)], [os.urandom(32)])
        for channel in stranger.channels:
            forged = forger.seal(pack(passing(prospect.session)), channel)
            for noise in (*NOISE, forged):
                sent += await stranger.say(channel, noise) - 1  # to the nodes, not to themselves
        for channel, data in stranger.recorded[:said]:
            altered = bytearray(data)
            altered[-1] ^= 1
            await stranger.say(channel, data)
            await stranger.say(channel, bytes(altered))
            for other in stranger.channels - {channel}:
                await stranger.say(other, data)
        await until(lambda: unopened(world) > sent)

        await prospect.say("chat.message", {"text": "noch da"})  # and what is true still comes
        await advisor.until(lambda who: who.cursor == 5)
        assert (len(prospect.heard), len(advisor.heard)) == (heard[0] + 1, heard[1] + 1)
        assert prospect.unreadable == advisor.unreadable == 0
        assert [one.seq for one in advisor.logged()] == [1, 2, 3, 4, 5]
        complaints = [one for one in caplog.records if "do not open" in one.message]
        assert len(complaints) == len(world.nodes)  # at most one a minute, of each


async def test_a_flood_of_noise_makes_nobody_read_the_log(
    buses: list[RedisBus], redis_server: RedisServer
) -> None:
    """AT-61: what does not open is not even a doubt."""
    here, there = buses
    session, ear = new_session_id(), Notebook()
    there.listen(session, ear)
    await until(lambda: ear.doubts == 1)
    async with a_stranger(redis_server) as stranger:
        here.publish(session, passing(session))
        await until(lambda: len(ear.heard) == 1)
        [name] = Parcels((bytes(32),), (bytes([8]) * 32,)).names_of(session)
        for _ in range(20):
            for noise in NOISE:
                await stranger.say(name, noise)
        await until(lambda: there.report().unopened == 20 * len(NOISE))
    assert (len(ear.heard), ear.doubts) == (1, 1)


async def test_beats_that_may_not_be_said_are_missed(
    buses: list[RedisBus], redis_server: RedisServer
) -> None:
    """F-05: a node that hears but is not heard knows it, and a repeated beat is no sign of life."""
    async with a_stranger(redis_server) as stranger:
        await stranger.redis.acl_setuser(
            "other", enabled=True, nopass=True, reset=True, channels=["*"], categories=["+@all"]
        )
        await stranger.redis.auth("x", "other")
        await stranger.redis.acl_setuser("default", enabled=True, commands=["-publish"])
        repeating = Tasks()
        repeating.spawn(repeat(stranger))
        await until(lambda: all(bus.report().degraded for bus in buses))
        await repeating.close()
        await stranger.redis.acl_setuser("default", enabled=True, commands=["+publish"])
        await until_heard(*buses)


async def repeat(stranger: Stranger) -> None:
    while True:
        for channel, data in stranger.recorded[-20:]:
            await stranger.say(channel, data)
        await asyncio.sleep(0.05)


async def test_the_rights_that_we_ship_are_enough(tmp_path: Path) -> None:
    """AT-70: with the account of deploy/redis, which may do nothing but this."""
    text = (ROOT / "deploy/redis/users.acl").read_text()
    rights = tmp_path / "users.acl"
    rights.write_text(text.replace("PASSWORD_SHA256", hashlib.sha256(b"geheim").hexdigest()))
    port = free_port()
    server = RedisServer(tmp_path, port, ("--aclfile", str(rights)))
    server.start()
    url = f"redis://visavis:geheim@127.0.0.1:{port}"
    both = [RedisBus(url, secrets=SECRETS, names=NAMES) for _ in range(2)]
    try:
        for bus in both:
            await bus.start()
        await until_heard(*both)
        session, ear = new_session_id(), Notebook()
        stop = both[1].listen(session, ear)
        await until(lambda: ear.doubts == 1)
        both[0].publish(session, passing(session))
        await until(lambda: len(ear.heard) == 1)
        stop()
    finally:
        for bus in both:
            await bus.close()
        server.kill()
