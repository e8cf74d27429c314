"""Two clients on Node against our server: npm's own socket.io-client, and the wire of our pages."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from signaling.connection import Timing
from tests.bench import peer
from tests.unit.signaling.served import ORIGIN, Served, send_argument, served
from tests.world import Browser, World

pytestmark = pytest.mark.skipif(
    not (peer.CLIENT / "socket.io-client").exists(), reason="make installs the client's packages"
)


STOCK, OURS = "stock_client.mjs", "our_client.mjs"


class Client:
    """A client in its process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._passed: list[dict[str, Any]] = []

    async def next(self, what: str) -> dict[str, Any]:
        """The next line that says this; what comes between is kept for later."""
        for kept in self._passed:
            if kept["what"] == what:
                self._passed.remove(kept)
                return kept
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while line := await self._process.stdout.readline():
                said: dict[str, Any] = json.loads(line)
                if said["what"] == what:
                    return said
                self._passed.append(said)
        raise AssertionError(f"the client ended before it said {what}")

    async def call(self, word: str, argument: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"word": word, "argument": argument}).encode() + b"\n")
        answer: dict[str, Any] = (await self.next("answer"))["answer"]
        return answer

    async def join(self, ticket: str, after: int = 0) -> dict[str, Any]:
        return await self.call("join", {"ticket": ticket, "after": after, "log_epoch": None})


@asynccontextmanager
async def client_of(site: Served, script: str) -> AsyncIterator[Client]:
    process = await asyncio.create_subprocess_exec(
        peer.node(), str(Path(__file__).with_name(script)), site.url, ORIGIN,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Client(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def test_the_stock_client_is_served_comes_back_after_a_restart_and_stays_away_after_leave(
    world: World,
) -> None:
    prospect, advisor = await world.talk()
    async with served(world.nodes[0]) as site, client_of(site, STOCK) as client:
        await _talks(client, site, prospect, advisor)
        await site.sockets.drain()  # 1012
        gone = await client.next("disconnect")
        assert (gone["reason"], gone["active"]) == ("transport close", True)
        await site.stop()
        async with served(world.nodes[0], port=site.port) as again:
            await client.next("connect")
            assert (await client.join(again.ticket(prospect), after=5))["ok"]
            assert await client.call("leave", {}) == {"ok": True}
            gone = await client.next("disconnect")
            assert (gone["reason"], gone["active"]) == ("io server disconnect", False)


async def test_our_client_is_served_and_hears_why_it_is_closed(world: World) -> None:
    prospect, advisor = await world.talk()
    async with served(world.nodes[0]) as site, client_of(site, OURS) as client:
        await _talks(client, site, prospect, advisor)
        await site.sockets.drain()
        assert await client.next("disconnect") == {"what": "disconnect", "code": 1012}


async def _talks(client: Client, site: Served, prospect: Browser, advisor: Browser) -> None:
    await client.next("connect")
    answer = await client.join(site.ticket(prospect), after=3)
    assert (answer["ok"], answer["seq"]) == (True, 3)
    prospect.take_sender(answer["sender"])
    await advisor.say("chat.message", {"text": "Guten Tag"})
    while (event := (await client.next("event"))["event"])["seq"] is None:
        pass
    assert (event["seq"], event["kind"]) == (4, "chat.message")
    envelope = prospect.sealed("chat.message", {"text": "Hallo"})
    assert await client.call("send", send_argument(envelope)) == {"ok": True, "seq": 5}


@pytest.mark.parametrize("script", [STOCK, OURS])
async def test_both_answer_our_pings(world: World, script: str) -> None:
    prospect, advisor = await world.talk()
    timing = Timing(ping_seconds=0.1, pong_seconds=30)
    async with served(world.nodes[0], timing=timing) as site, client_of(site, script) as client:
        await client.next("connect")
        assert (await client.join(site.ticket(prospect), after=3))["ok"]
        [connection] = site.sockets._connections
        async with asyncio.timeout(60):
            while connection.pongs < 3:
                await advisor.say("chat.typing", {"on": True})
                await client.next("event")
        assert len(site.sockets) == 1
