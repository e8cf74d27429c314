"""Uploads to a node that is a process of its own: cut again and again, or many at once.

For the measurement and for the quick test beside it.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import psutil

from sessions.blobs import PART_BYTES
from tests.e2e.server import Server

T = TypeVar("T")
_TUS = {"Tus-Resumable": "1.0.0"}
_MEDIA = "application/offset+octet-stream"
_STEP_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody with a seat, as their browser asks."""

    http: aiohttp.ClientSession
    url: str
    session: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return _TUS | {"Origin": self.url, "Authorization": f"Bearer {self.token}"}

    async def begin(self, size: int) -> str:
        """Where a file of so many sealed bytes is to go."""
        where = f"{self.url}/api/sessions/{self.session}/files"
        asked = self.headers | {"Upload-Length": str(size)}
        async with self.http.post(where, headers=asked) as answer:
            assert answer.status == 201, await answer.text()
            return answer.headers["Location"]

    async def offset(self, where: str) -> int:
        async with self.http.head(self.url + where, headers=self.headers) as answer:
            return int(answer.headers["Upload-Offset"])

    async def digest(self, where: str) -> bytes:
        """Of all that comes back."""
        found = hashlib.sha256()
        async with self.http.get(self.url + where, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            async for some in answer.content.iter_chunked(_STEP_BYTES):
                found.update(some)
        return found.digest()

    @asynccontextmanager
    async def sending(
        self, where: str, offset: int, announced: int
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A body on its way; the connection is cut at the end."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        answer, wire = await asyncio.open_connection(host, int(port))
        lines = self.headers | {
            "Host": f"{host}:{port}", "Content-Type": _MEDIA,
            "Upload-Offset": str(offset), "Content-Length": str(announced),
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        wire.write(f"PATCH {where} HTTP/1.1\r\n{head}\r\n".encode())
        try:
            yield answer, wire
        finally:
            wire.transport.abort()


@asynccontextmanager
async def prospect_at(server: Server) -> AsyncIterator[Prospect]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        names = {"first_name": "Ada", "last_name": "Lovelace"}
        origin = {"Origin": server.url}
        async with http.post(f"{server.url}/api/calls", json=names, headers=origin) as answer:
            assert answer.status == 201, await answer.text()
            started = await answer.json()
        yield Prospect(http, server.url, started["session"], started["token"])


async def upload_in_pieces(prospect: Prospect, data: bytes, *, cuts: int) -> tuple[bool, float]:
    """Send it, cut so many times at odd places; whether it came whole, and the seconds it took."""
    began = time.monotonic()
    where = await sent_in_pieces(prospect, data, cuts=cuts)
    return await prospect.digest(where) == hashlib.sha256(data).digest(), time.monotonic() - began


async def sent_in_pieces(prospect: Prospect, data: bytes, *, cuts: int) -> str:
    """The same, up to where it is."""
    where = await prospect.begin(len(data))
    step = len(data) // (cuts + 1) + 12_345  # never where a part ends
    for number in range(cuts):
        offset = await prospect.offset(where)
        async with prospect.sending(where, offset, len(data) - offset) as (_, wire):
            upto = min(step * (number + 1), len(data) - 1)
            await _send(wire, data[offset:upto])
            last = upto // PART_BYTES * PART_BYTES
            while await prospect.offset(where) < last:
                pass  # what is being stored
    while True:  # until the node has noticed that the last one was cut
        offset = await prospect.offset(where)
        async with prospect.sending(where, offset, len(data) - offset) as (answer, wire):
            await _send(wire, data[offset:])
            status = int((await answer.readline()).split()[1])
        if status == 204:
            return where
        assert status in (409, 423, 503), status


async def memory_per_file(server: Server, prospects: list[Prospect]) -> tuple[float, float]:
    """MiB that the process takes for each upload of so many at once, and for each download."""
    process = psutil.Process(server.process.pid)
    data = os.urandom(5 * PART_BYTES + 72)
    assert (await upload_in_pieces(prospects[0], data, cuts=0))[0]  # what is taken but once
    sent = [sent_in_pieces(one, data, cuts=1) for one in prospects]
    up, places = await _worst(process, sent)
    fetched = [one.digest(where) for one, where in zip(prospects, places, strict=True)]
    down, digests = await _worst(process, fetched)
    assert set(digests) == {hashlib.sha256(data).digest()}
    return up, down


async def _worst(
    process: psutil.Process, jobs: Sequence[Coroutine[Any, Any, T]]
) -> tuple[float, list[T]]:
    """MiB for each of these jobs at once, at the worst moment; and what they return."""
    before = worst = process.memory_info().rss
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal worst
        while not done.is_set():
            worst = max(worst, process.memory_info().rss)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    found = await asyncio.gather(*jobs)
    done.set()
    await watching
    return (worst - before) / len(jobs) / (1 << 20), found


async def _send(wire: asyncio.StreamWriter, data: bytes) -> None:
    try:
        for at in range(0, len(data), _STEP_BYTES):
            wire.write(data[at : at + _STEP_BYTES])
            await wire.drain()
    except ConnectionError:
        pass  # refused before all was sent: the answer says why
