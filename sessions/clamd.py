"""A virus scanner behind a unix socket: clamd's INSTREAM (clamd(8)). It keeps nothing of a file.

It does not know whose file it is. What clamd itself does with the bytes, its own settings say.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Final

_STEP_BYTES: Final = 65_536
_MOST_ANSWER: Final = 4_096
_CONNECT_SECONDS: Final = 5.0


class Finding(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"  # too large for it, too slow, not there


class Clamd:
    def __init__(self, socket: Path, *, timeout_seconds: float = 120.0) -> None:
        self._socket = socket
        self._timeout_seconds = timeout_seconds

    async def scan(self, clear: AsyncIterator[bytes]) -> Finding:
        """What it says of these bytes. What `clear` raises is raised here."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return _finding(await self._ask(clear))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return Finding.UNKNOWN

    async def ping(self) -> str:
        """Its version. Raises OSError or TimeoutError if it does not answer."""
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_unix_connection(self._socket)
            try:
                writer.write(b"zVERSION\0")
                return (await reader.read(_MOST_ANSWER)).rstrip(b"\0").decode(errors="replace")
            finally:
                writer.close()

    async def _ask(self, clear: AsyncIterator[bytes]) -> bytes:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_unix_connection(self._socket)
        try:
            writer.write(b"zINSTREAM\0")
            async for piece in clear:
                for at in range(0, len(piece), _STEP_BYTES):
                    some = piece[at : at + _STEP_BYTES]
                    writer.write(struct.pack(">I", len(some)) + some)
                    await writer.drain()
            writer.write(bytes(4))  # the end
            await writer.drain()
            return await reader.read(_MOST_ANSWER)
        finally:
            writer.close()


def _finding(answer: bytes) -> Finding:
    """`stream: OK`, `stream: <name> FOUND`; everything else, as beyond its size, is no verdict."""
    said = answer.rstrip(b"\0\n")
    if said == b"stream: OK":
        return Finding.CLEAN
    if said.startswith(b"stream: ") and said.endswith(b" FOUND"):
        return Finding.INFECTED
    return Finding.UNKNOWN
