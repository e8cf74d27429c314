"""A TCP proxy on loopback that keeps what passes, and can swallow it, or cut it off.

It knows no protocol.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from signaling.tasks import Tasks

_PIECE_BYTES = 65_536


class Proxy:
    """Between its port and a server's."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks = Tasks()
        self.passed = bytearray()  # both ways, of all connections
        self.port = 0

    def swallow(self) -> None:
        """A black hole: connections are taken and stay open, nothing comes through."""
        self._open.clear()

    def open(self) -> None:
        """Everything comes through, also what was held back."""
        self._open.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        self.cut()
        await self._tasks.close()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, there = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            back.transport.abort()
            return
        self._writers |= {back, there}
        self._tasks.spawn(self._pump(near, there))
        self._tasks.spawn(self._pump(far, back))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while piece := await reader.read(_PIECE_BYTES):
                    await self._open.wait()
                    self.passed += piece
                    writer.write(piece)
                    await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    """A proxy for as long as this lasts."""
    proxy = Proxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()
