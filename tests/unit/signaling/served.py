"""A node that listens on loopback, and a raw client that speaks the wire frame by frame."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from sessions.clock import wall_clock_ms
from sessions.events import DESK, Envelope, ParticipantId, Role, SessionId, new_event_id
from signaling.connection import Timing
from signaling.limits import Limits
from signaling.sockets import PATH, Sockets
from signaling.tickets import Claims
from tests.patience import PATIENCE_SECONDS
from tests.world import Browser, Node

ORIGIN = "https://visavis.example"


@dataclass
class Served:
    """Where a node listens, and the tickets it gives."""

    node: Node
    sockets: Sockets
    port: int
    stop: Callable[[], Awaitable[None]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ticket(self, browser: Browser, since: int = 0) -> str:
        """For a browser that has a seat."""
        return self.ticket_for(
            browser.session, browser.participant, browser.role, browser.account, since
        )

    def ticket_for(
        self, channel: SessionId, participant: ParticipantId | None, role: Role,
        account: str | None = None, since: int = 0,
    ) -> str:  # fmt: skip
        claims = Claims(channel, participant, role, account, since=since)
        return self.node.tickets.issue(claims, wall_clock_ms())

    def desk_ticket(self, account: str) -> str:
        return self.ticket_for(DESK, None, Role.ADVISOR, account)


@asynccontextmanager
async def served(
    node: Node, *, timing: Timing | None = None, limits: Limits | None = None,
    tick_seconds: float = 0.05, port: int = 0,
) -> AsyncIterator[Served]:  # fmt: skip
    """Serve this node's sockets on loopback."""
    sockets = Sockets(
        node.speaking, [ORIGIN], timing=timing, limits=limits, tick_seconds=tick_seconds
    )
    app = web.Application()
    sockets.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield Served(node, sockets, runner.addresses[0][1], runner.cleanup)
    finally:
        await runner.cleanup()


class Raw:
    """A client that sends what it is told to, and nothing by itself but pongs."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.pongs = True
        self._acks = iter(range(1_000_000))
        self._passed: list[str] = []  # while an answer was awaited

    async def send(self, text: str) -> None:
        await self.ws.send_str(text)

    async def next(self) -> str | None:
        """The next text packet; None when the connection is closed."""
        return self._passed.pop(0) if self._passed else await self._receive()

    async def _receive(self) -> str | None:
        while True:
            message = await self.ws.receive(timeout=PATIENCE_SECONDS)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return None
            if message.data != "2":
                return str(message.data)
            if self.pongs:
                await self.send("3")

    async def closed(self) -> int | None:
        """Read until the server closes; the close code."""
        while await self.next() is not None:
            pass
        return self.ws.close_code

    async def event(self) -> dict[str, Any]:
        """The next event."""
        while (packet := await self.next()) is not None:
            if packet.startswith("42"):
                word, event = json.loads(packet[2:])
                assert word == "event"
                assert isinstance(event, dict)
                return event
        raise ConnectionError("closed before an event came")

    async def logged(self) -> dict[str, Any]:
        """The next logged event."""
        while (event := await self.event())["seq"] is None:
            pass
        return event

    async def call(self, word: str, argument: object) -> dict[str, Any]:
        """Call a word and read until its answer."""
        ack = next(self._acks)
        await self.send(f"42{ack}" + json.dumps([word, argument]))
        while (packet := await self._receive()) is not None:
            if packet.startswith(f"43{ack}["):
                [answer] = json.loads(packet.removeprefix(f"43{ack}"))
                assert isinstance(answer, dict)
                return answer
            self._passed.append(packet)
        raise ConnectionError("closed before the answer came")

    async def join(self, ticket: str, after: int = 0, log_epoch: str | None = None) -> dict[str, Any]:  # fmt: skip  # noqa: E501
        return await self.call("join", {"ticket": ticket, "after": after, "log_epoch": log_epoch})


def send_argument(event: Envelope) -> dict[str, Any]:
    """What `send` carries of an envelope."""
    sealed = b64encode(event.sealed).decode()
    return {"id": event.id, "kind": event.kind, "epoch": event.epoch, "sealed": sealed}


def some_send(kind: str = "chat.message") -> dict[str, Any]:
    """A well-formed send; nobody will be able to open it."""
    sealed = b64encode(bytes(284)).decode()
    return {"id": new_event_id(), "kind": kind, "epoch": 1, "sealed": sealed}


@asynccontextmanager
async def raw(
    served: Served, *, connect: bool = True, query: str = "EIO=4&transport=websocket",
    origin: str | None = ORIGIN,
) -> AsyncIterator[Raw]:  # fmt: skip
    """Open a WebSocket; with `connect`, up to the accepted namespace."""
    headers = {} if origin is None else {"Origin": origin}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{served.url}{PATH}?{query}", headers=headers) as ws,
    ):
        client = Raw(ws)
        if connect:
            opening = await client.next()
            assert opening is not None
            assert opening.startswith("0{")
            await client.send("40")
            accepted = await client.next()
            assert accepted is not None
            assert accepted.startswith("40{")
        yield client
        await asyncio.sleep(0)


@asynccontextmanager
async def joined(served: Served, browser: Browser, after: int = 0) -> AsyncIterator[Raw]:
    """A raw client in the place of this browser, which may seal for it."""
    async with raw(served) as client:
        answer = await client.join(served.ticket(browser), after)
        assert answer["ok"], answer
        browser.take_sender(answer["sender"])
        yield client
