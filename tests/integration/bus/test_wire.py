"""Everything that goes to Redis, byte for byte, searched for what must not be there.

A whole node and a browser that seals, as in the test of the bus in memory; between the node and
Redis, a proxy keeps what passes.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from sessions.events import KINDS
from sessions.migrations import migrate
from signaling.redis_bus import RedisBus
from tests.e2e.traces import canary, traces
from tests.integration.bus.conftest import until
from tests.integration.test_canary_on_the_bus import Browser
from tests.proxy import Proxy, proxy_to
from tests.servers import RedisServer
from web.app import make_app
from web.parts import PARTS
from web.server import server_options
from web.settings import Settings

FIELDS = (
    "participant", "present", "position", "expected_s", "session", "what", "rtt_ms", "sealed",
    "instance", "counter", "sender", "kind", "epoch", "event",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the platform, listening, and all that it says to Redis and hears from it."""

    url: str
    data: Path
    bus: RedisBus
    redis: Proxy


@pytest.fixture
async def node(tmp_path: Path, redis_server: RedisServer) -> AsyncIterator[Node]:
    async with proxy_to(redis_server.port) as proxy:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            settings = Settings(
                data_dir=tmp_path, public_url=url, limits_scale=1_000,
                bus_url=f"redis://127.0.0.1:{proxy.port}",
            )  # fmt: skip
            migrate(settings.database, "main")
            migrate(settings.key_store, "keys")
            app = make_app(settings)
            runner = aiohttp.web.AppRunner(app, **server_options())
            await runner.setup()
            await aiohttp.web.SockSite(runner, listening).start()
            bus = app[PARTS].bus
            assert isinstance(bus, RedisBus)
            await until(lambda: not bus.report().degraded)
            yield Node(url, tmp_path, bus, proxy)
            await runner.cleanup()


async def test_redis_sees_no_name_no_word_no_kind_and_no_session(node: Node) -> None:
    """OB-09: also kinds that are clear inside the platform, and identifiers, are sealed here."""
    first, last, said, instance = canary("Vorna"), canary("Nachna"), canary("frage"), "c" * 16
    async with aiohttp.ClientSession() as http:
        browser = Browser(http, node)
        await browser.call(first, last)
        await browser.say("chat.message", {"text": said}, 0, logged=True)
        await browser.say("call.hello", {"instance": instance}, 0, logged=False)
        session = browser.session
        await browser.close()
    # Said by then: joined, the desk's and the board's news, presence, the place in the queue.
    await until(lambda: node.bus.report().published >= 9 and node.bus.report().queued == 0)
    passed = bytes(node.redis.passed)
    assert passed.count(b"PUBLISH") >= 9
    assert traces((first, last, said), {"redis": passed}) == []
    found = [word for word in (*FIELDS, *KINDS, instance, session) if word.encode() in passed]
    assert found == []
    assert bytes.fromhex(session) not in passed


async def test_the_search_finds_what_passes(node: Node) -> None:
    """Silence means something: a word that is said in clear to Redis is found."""
    word = canary("frage")
    _, writer = await asyncio.open_connection("127.0.0.1", node.redis.port)
    writer.write(f"PUBLISH visavis:x {word}\r\n".encode())
    await until(lambda: traces([word], {"redis": bytes(node.redis.passed)}) != [])
    writer.close()
    await writer.wait_closed()
