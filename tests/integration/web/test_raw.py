"""Bytes that are no proper HTTP: refused, and the connection closed, so that nothing follows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.integration.web.conftest import MakeSite, Site

HEAD = "Host: visavis.test\r\nOrigin: http://visavis.test\r\nContent-Type: application/json\r\n"
SMUGGLED = "GET /healthz HTTP/1.1\r\nHost: visavis.test\r\n\r\n"


@asynccontextmanager
async def line_to(site: Site) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    _, _, port = site.url.rpartition(":")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):  # it may have been closed before our last byte came
            await writer.wait_closed()


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: -1\r\n\r\n",
        "Content-Length: +5\r\n\r\nhello",
        "Content-Length: 5_0\r\n\r\nhello",
        "Content-Length: ٥\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "X: a\r\n b\x00c\r\n\r\n",
        "X y: 1\r\n\r\n",
        "Host: other.test\r\n\r\n",
        "X: " + "x" * 9_000 + "\r\n\r\n",
        "".join(f"X-{at}: 1\r\n" for at in range(200)) + "\r\n",
    ],
)
async def test_ambiguous_framing_is_refused(site: Site, headers: str) -> None:
    """B-034, B-040, AT-66: one answer, an error, and then the end."""
    async with line_to(site) as (reader, writer):
        raw = f"POST /api/calls HTTP/1.1\r\n{HEAD}{headers}{SMUGGLED}"
        writer.write(raw.encode())
        async with asyncio.timeout(60):
            answer = await reader.read()
        status = answer.split(b"\r\n", 1)[0].split(b" ")[1]
        assert status in (b"400", b"413"), answer
        assert answer.count(b"HTTP/1.") == 1, "a second request was answered"
    assert await site.parts.lifecycle.live() == []


async def test_a_header_that_never_ends_is_not_waited_for(make_site: MakeSite) -> None:
    """B-035: bytes that trickle in do not prolong it."""
    site = await make_site(patience_seconds=0.3)
    async with line_to(site) as (reader, writer):
        for byte in f"GET /healthz HTTP/1.1\r\n{HEAD}":
            writer.write(byte.encode())
            try:
                async with asyncio.timeout(0.02):
                    assert await reader.read() == b""
            except TimeoutError:
                continue
            except ConnectionError:  # our next byte came when it had closed
                pass
            return
        raise AssertionError("it was still listening")


async def test_a_long_first_line_is_refused(site: Site) -> None:
    async with line_to(site) as (reader, writer):
        writer.write(f"GET /{'x' * 5_000} HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert b" 400 " in (await reader.read()).split(b"\r\n")[0]
