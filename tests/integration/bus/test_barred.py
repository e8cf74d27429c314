"""Whoever is barred on one node is barred on all, and Redis learns of no line.

Proves part of OB-17.
"""

import asyncio

from redis.asyncio import Redis

from sessions.events import new_session_id
from signaling.nodes import Nodes
from signaling.redis_bus import RedisBus
from tests.integration.bus.conftest import until
from tests.servers import RedisServer
from web.bars import Bars

LINE = "84.17.3.9/32"
HOUR_MS = 3_600_000
FAR_MS = 4_102_444_800_000


def node_on(bus: RedisBus) -> Bars:
    nodes = Nodes(bus)
    bars = Bars(nodes.tell, HOUR_MS)
    nodes.on("prospect.barred", bars.hear_prospect)
    nodes.on("line.barred", bars.hear_line)
    nodes.start()
    return bars


async def test_one_node_saw_them_the_other_bars_both_refuse(
    buses: list[RedisBus], redis_server: RedisServer
) -> None:
    saw, barred = (node_on(bus) for bus in buses)
    session = new_session_id()
    recorded: list[bytes] = []
    redis = Redis.from_url(redis_server.url)
    async with redis.pubsub() as listening:
        await listening.psubscribe("*")

        async def record() -> None:
            async for message in listening.listen():
                if message["type"] == "pmessage":
                    recorded.append(message["data"])

        recording = asyncio.create_task(record())
        saw.see(session, LINE)
        barred.bar(session, FAR_MS)
        await until(lambda: saw.closed_until(LINE) is not None)
        await until(lambda: barred.closed_until(LINE) is not None)
        assert saw.until(session) == barred.until(session) == FAR_MS
        await until(lambda: len(recorded) >= 2)
        recording.cancel()
    await redis.aclose()
    for word in (b"84.17", b"digest", b"salt", session.encode(), b"barred"):
        assert not any(word in data for data in recorded)
