"""The WebSocket endpoint at /socket.io/: who may open one, the clock of all, and how they drain.

Stock socket.io-clients connect here. It does not know events; identity comes with the ticket.
"""

import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from signaling.connection import RESTARTING, Connection, Timing, Words
from signaling.limits import Limits
from signaling.tasks import Tasks
from signaling.wire import MAX_FRAME_BYTES

PATH: Final = "/socket.io/"
NOT_ANY_MORE: Final = 4401
_LONGEST_PAUSE_SECONDS: Final = 0.02  # between two who move: a small node need not take long
MAX_STRANGERS: Final = 64  # connections of one address that have not joined yet


def _remote(request: web.Request) -> str:
    return request.remote or ""


def _anybody(_address: str) -> None:
    """For nodes that nobody floods."""


class Sockets:
    """All connections of this node.

    `origins` are the only pages that may connect. `address_of` names the client of a request:
    whoever runs behind a proxy brings a function that trusts that proxy's header, and no other.
    `admit` raises Refused for an address that opens too many, one after the other.
    """

    def __init__(
        self,
        words: Words,
        origins: Collection[str],
        *,
        address_of: Callable[[web.Request], str] = _remote,
        admit: Callable[[str], None] = _anybody,
        timing: Timing | None = None,
        limits: Limits | None = None,
        tick_seconds: float = 1.0,
    ) -> None:
        self._words = words
        self._origins = frozenset(origins)
        self._address_of = address_of
        self._admit = admit
        self._timing = timing or Timing()
        self._limits = limits or Limits()
        self._tick_seconds = tick_seconds
        self._connections: dict[Connection, asyncio.Task[Any]] = {}  # and who serves it
        self._strangers: Counter[str] = Counter()
        self._tasks = Tasks()
        self._draining = False

    def __len__(self) -> int:
        return len(self._connections)

    def attach(self, app: web.Application) -> None:
        """Serve on `app`; its shutdown drains."""
        app.router.add_get(PATH, self._open)
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._shut_down)

    def close_of(self, account: str) -> None:
        """Close every connection of an account that may not sign in any more."""
        for connection in list(self._connections):
            if connection.claims is not None and connection.claims.account == account:
                connection.close(NOT_ANY_MORE, goodbye=True)

    async def drain(self, spread_seconds: float = 0.0) -> None:
        """Take no new connection and close all with 1012: their clients come back at once, to
        another node or to the next process here. In no order, over at most `spread_seconds`, so
        that they do not all knock at the same moment."""
        self._draining = True
        moving = list(self._connections)
        random.shuffle(moving)
        pause_seconds = min(_LONGEST_PAUSE_SECONDS, spread_seconds / max(1, len(moving)))
        for connection in moving:
            connection.close(RESTARTING)
            if pause_seconds:
                await asyncio.sleep(pause_seconds)
        while self._connections:
            await asyncio.wait(self._connections.values())

    async def close(self) -> None:
        """Drain, then end every task."""
        await self.drain()
        await self._tasks.close()

    async def _start(self, _app: web.Application) -> None:
        self._tasks.spawn(self._tick())

    async def _shut_down(self, _app: web.Application) -> None:
        await self.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._tick_seconds)
            now = time.monotonic()
            for connection in list(self._connections):
                connection.tick(now)

    # -- one connection

    async def _open(self, request: web.Request) -> web.StreamResponse:
        self._check(request)
        address = self._address_of(request)
        self._admit(address)
        with self._stranger(address) as welcome:
            # No deflate: ciphertext does not shrink, and sizes would tell about secrets.
            ws: web.WebSocketResponse[Any] = web.WebSocketResponse(
                compress=False, max_msg_size=MAX_FRAME_BYTES, decode_text=False,
                timeout=self._timing.close_seconds,
            )  # fmt: skip
            writer = await ws.prepare(request)
            transport = request.transport
            if transport is None:
                return ws
            connection = Connection(
                secrets.token_urlsafe(15), ws, transport, writer, words=self._words,
                tasks=self._tasks, timing=self._timing, limits=self._limits,
                now=time.monotonic(), welcome=welcome,
            )  # fmt: skip
            serving = asyncio.current_task()
            assert serving is not None
            self._connections[connection] = serving
            try:
                await connection.run()
            finally:
                del self._connections[connection]
                self._words.gone(connection)
        return ws

    def _check(self, request: web.Request) -> None:
        """Origin, transport and protocol; raises the HTTP error."""
        if request.headers.getall("Origin", []) not in ([origin] for origin in self._origins):
            raise web.HTTPForbidden(text="origin\n")
        query = request.query
        if (
            query.getall("EIO", []) != ["4"]
            or query.getall("transport", []) != ["websocket"]
            or "sid" in query
        ):
            raise web.HTTPBadRequest(text="websocket only\n")
        if self._draining:
            raise web.HTTPServiceUnavailable(text="draining\n")

    @contextmanager
    def _stranger(self, address: str) -> Iterator[Callable[[], None]]:
        """Count a connection against its address until it is welcome or gone."""
        if self._strangers[address] >= MAX_STRANGERS:
            raise web.HTTPTooManyRequests(text="too many connections\n")
        self._strangers[address] += 1
        counted = True

        def welcome() -> None:
            nonlocal counted
            if counted:
                counted = False
                self._strangers[address] -= 1
                if not self._strangers[address]:
                    del self._strangers[address]

        try:
            yield welcome
        finally:
            welcome()
