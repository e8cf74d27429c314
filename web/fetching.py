"""Sealed bytes on their way out: all of a file or one range of it, part by part.

No faster than they are taken, and no further than they may be seen.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Final

from aiohttp import web as aioweb

from sessions.envelope import Unreadable
from sessions.events import Refused, Unknown
from sessions.file_views import FileView
from sessions.keys import Shredded
from sessions.lifecycle import Seat
from web.guard import dress
from web.routes import Ask

SEALED: Final = "application/octet-stream"
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_WRITE_BYTES: Final = 65_536
_WRITE_SECONDS: Final = 8  # for so many: whoever takes less makes way
_log = logging.getLogger(__name__)


async def send(
    ask: Ask, seat: Seat, file: FileView, start: int, end: int, *, partly: bool
) -> aioweb.StreamResponse:
    """Part by part, as long as one may see it, and never faster than it is taken."""
    parts = ask.parts.files.read(file, start, end)
    try:
        first = await anext(parts)
    except LookupError:
        _log.error("a file of session %s is not whole in the store", file.session[:8])
        raise Refused("not.found") from None
    response = aioweb.StreamResponse(status=206 if partly else 200, headers={
        "Content-Type": SEALED,
        "Content-Disposition": "attachment",
        "Accept-Ranges": "bytes",
    })  # fmt: skip
    response.content_length = end - start
    if partly:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    dress(response, ask.parts)
    try:
        await response.prepare(ask.request)
        await _write(response, first)
        del first  # else it stays in memory beside all that follow
        async for part in parts:
            await expect_still(ask, seat, file)
            await _write(response, part)
            del part  # before the next one is there
        await response.write_eof()
    except ConnectionError:
        pass  # nobody listens any more
    except (Refused, Unknown, LookupError, TimeoutError):
        # Too late for another status: without its end it counts as nothing.
        if ask.request.transport is not None:
            ask.request.transport.abort()
    finally:
        await parts.aclose()
    return response


async def send_pieces(
    ask: Ask, pieces: AsyncGenerator[bytes], length: int, *, type: str, range: str | None
) -> aioweb.StreamResponse:
    """So many bytes, piece by piece, no faster than they are taken; `range`: which part it is."""
    try:
        first = await anext(pieces, b"")
    except (LookupError, Shredded, Unreadable):
        raise Refused("not.found") from None
    response = aioweb.StreamResponse(status=200 if range is None else 206, headers={
        "Content-Type": type, "Accept-Ranges": "bytes",
    })  # fmt: skip
    response.content_length = length
    if range is not None:
        response.headers["Content-Range"] = range
    dress(response, ask.parts)
    try:
        await response.prepare(ask.request)
        await _write(response, memoryview(first))
        async for piece in pieces:
            await _write(response, memoryview(piece))
        await response.write_eof()
    except ConnectionError:
        pass  # nobody listens any more
    except (Unknown, LookupError, TimeoutError, Unreadable):
        if ask.request.transport is not None:
            ask.request.transport.abort()
    return response


async def _write(response: aioweb.StreamResponse, part: memoryview) -> None:
    for at in range(0, len(part), _WRITE_BYTES):
        async with asyncio.timeout(_WRITE_SECONDS):
            await response.write(part[at : at + _WRITE_BYTES])


async def expect_still(ask: Ask, seat: Seat, file: FileView) -> None:
    """AT-16: whose seat or file is gone meanwhile gets no further than the part under way."""
    if not await ask.parts.files.may_use(file, seat.participant):
        raise Refused("not.found")


def range_of(headers: Mapping[str, str], size: int) -> tuple[int, int, bool]:
    """From, up to but not, and whether it is a part (RFC 9110, 14.2: one range, else all)."""
    found = _RANGE.fullmatch(headers.get("Range", "").strip())
    if found is None or "If-Range" in headers:
        return 0, size, False
    first, last = found.groups()
    if first:
        start, end = int(first), int(last) + 1 if last else size
    elif last:
        start, end = max(0, size - int(last)), size
    else:
        return 0, size, False
    if end <= start < size:
        return 0, size, False  # not a range at all
    if start >= size:
        raise Refused("range.beyond", size=size)
    return start, min(end, size), True
