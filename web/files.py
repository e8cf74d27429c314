"""Files: sealed in the browser, sent and taken up again by tus 1.0, fetched whole or in part.

Nothing here can read a file; no request says its name or type.
"""

from typing import Final

from aiohttp import web as aioweb

from sessions.blobs import PART_BYTES
from sessions.events import FileId, Refused, Role, is_id
from sessions.file_views import FileState, FileView, Verdict
from sessions.lifecycle import Seat
from web.fetching import SEALED, expect_still, range_of, send
from web.receiving import Receiver
from web.routes import Ask, Route, Shape, Who
from web.seats import seat_here
from web.tus import (
    CHECKSUMS,
    EXTENSIONS,
    MEDIA,
    TUS,
    UNTAKEN,
    Checksum,
    checksum,
    expect_version,
    expiry_of,
    number,
    progress_of,
)

ALL: Final = "/api/sessions/{session}/files"
ONE: Final = "/api/sessions/{session}/files/{file}"


async def discover(ask: Ask) -> aioweb.Response:
    """What of tus is spoken here."""
    return aioweb.Response(
        status=204,
        headers={
            "Tus-Version": TUS,
            "Tus-Extension": EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
            "Tus-Max-Size": str(ask.parts.files.limits.sealed_file_bytes),
        },
    )


async def begin(ask: Ask) -> aioweb.Response:
    """Room for one file; its address is the answer."""
    ask.parts.admit_nobody_while_draining()
    seat = await seat_here(ask)
    expect_version(ask)
    if any(name in ask.request.headers for name in UNTAKEN):
        raise Refused("upload.metadata")  # a name or a type would have to be read to be refused
    if ask.request.body_exists:
        raise Refused("upload.early")
    size = number(ask, "Upload-Length", "upload.length")
    file = await ask.parts.files.begin(seat.session, seat.participant, size)
    where = ALL.format(session=file.session) + f"/{file.id}"
    return aioweb.Response(status=201, headers={"Location": where, **progress_of(file)})


async def progress(ask: Ask) -> aioweb.Response:
    """How much of a file is here."""
    seat = await seat_here(ask)
    expect_version(ask)
    file = await _file(ask, seat)
    if file.state is FileState.PARTIAL and file.participant != seat.participant:
        raise Refused("not.found")
    return aioweb.Response(headers=progress_of(file))


async def append(ask: Ask) -> aioweb.Response:
    """The next parts of a file, from whoever began it."""
    ask.parts.admit_nobody_while_draining()
    seat = await seat_here(ask)
    expect_version(ask)
    file = await _own(ask, seat)
    if ask.request.content_type != MEDIA or "Content-Encoding" in ask.request.headers:
        raise Refused("type.wrong")
    offset = number(ask, "Upload-Offset", "field.invalid")
    announced = ask.request.content_length
    if announced is None:
        raise Refused("upload.length")
    if file.state is not FileState.PARTIAL or offset != file.stored:
        raise Refused("upload.offset")
    if announced > file.size - offset:
        raise Refused("too.large")
    if announced < min(PART_BYTES, file.size - offset):
        raise Refused("upload.part", count=PART_BYTES)
    expected = checksum(ask, announced)
    with ask.parts.uploads.entering(_whose(ask)):
        offset = await _receive(ask, seat, file, offset, announced, expected)
    stored = {"Upload-Offset": str(offset)} | expiry_of(file if offset < file.size else None)
    return aioweb.Response(status=204, headers=stored)


async def remove(ask: Ask) -> aioweb.Response:
    """Take a file back, whole or not: whoever began it may."""
    seat = await seat_here(ask)
    expect_version(ask)
    await ask.parts.files.remove(await _own(ask, seat))
    return aioweb.Response(status=204)


async def fetch(ask: Ask) -> aioweb.StreamResponse:
    """The sealed bytes, or those of one range."""
    seat = await seat_here(ask)
    file = await _file(ask, seat)
    if file.state is not FileState.WHOLE:
        raise Refused("not.found")
    if file.verdict is Verdict.INFECTED:
        raise Refused("file.infected")
    if file.verdict is Verdict.PENDING:
        raise Refused("file.pending", retry_s=1)
    start, end, partly = range_of(ask.request.headers, file.size)
    with ask.parts.downloads.entering(_whose(ask)):
        return await send(ask, seat, file, start, end, partly=partly)


# ---- who asks, and for what


async def _file(ask: Ask, seat: Seat) -> FileView:
    id = ask.request.match_info["file"]
    file = await ask.parts.files.find(seat.session, FileId(id)) if is_id(id) else None
    if file is None or not await _theirs(ask, seat, file):
        raise Refused("not.found")
    return file


async def _theirs(ask: Ask, seat: Seat, file: FileView) -> bool:
    """A guest has what was begun since they came, and what they heard of: no other past."""
    if seat.role is not Role.GUEST or file.created_ms >= seat.taken_ms:
        return True
    return await ask.parts.files.shared_after(file, seat.since)


async def _own(ask: Ask, seat: Seat) -> FileView:
    file = await _file(ask, seat)
    if file.participant != seat.participant:
        raise Refused("not.found")
    return file


def _whose(ask: Ask) -> str:
    """Whose share of the node's strength this takes."""
    return ask.who.account.id if ask.who else ask.client


# ---- in


async def _receive(
    ask: Ask, seat: Seat, file: FileView, offset: int, announced: int, expected: Checksum | None
) -> int:
    """Part by part, each durable before the next is read; how far it came."""
    files = ask.parts.files
    holder = await files.hold(file, offset)

    async def still() -> None:
        await files.renew(file, holder)
        await expect_still(ask, seat, file)

    receiver = Receiver(ask.request.content, announced, still)
    room = memoryview(
        bytearray(min(PART_BYTES, file.size - offset))
    )  # for one part after the other
    try:
        # A rest that is no part is not taken: it is sent again, with what follows it.
        while receiver.left >= (size := min(PART_BYTES, file.size - offset)) > 0:
            part = room[:size]
            if not await receiver.fill(part):
                break
            if expected is not None and not expected.fits(part):
                raise Refused("upload.checksum")
            await expect_still(ask, seat, file)
            offset = await files.write(file, holder, offset, part)
    finally:
        await files.release(file, holder)
    return offset


async def tus_says(request: aioweb.Request, response: aioweb.StreamResponse) -> None:
    """On whatever leaves these routes, also from the door."""
    resource = request.match_info.route.resource
    if resource is not None and resource.canonical in (ALL, ONE):
        response.headers["Tus-Resumable"] = TUS
        if response.status == 412:
            response.headers["Tus-Version"] = TUS


_TUS: Final = {"Tus-Resumable": {"const": TUS}}
_COUNT: Final = {"pattern": "^(0|[1-9][0-9]{0,14})$"}
_REFUSES: Final = {412: "Refused: another version of tus"}

ROUTES: Final = (
    Route(
        "OPTIONS", ALL, discover, Who.ALL, Shape.API, "What of tus is spoken", answers={204: None},
    ),
    Route(
        "POST", ALL, begin, Who.SEAT, Shape.API, "Begin a file of so many sealed bytes",
        answers={201: None}, limit="file", refuses=_REFUSES,
        headers=_TUS | {"Upload-Length": _COUNT},
    ),
    Route(
        "HEAD", ONE, progress, Who.SEAT, Shape.API, "How much of a file is here",
        answers={200: None}, limit="transfer", refuses=_REFUSES, headers=_TUS,
    ),
    Route(
        "PATCH", ONE, append, Who.SEAT, Shape.API, "Send the next parts of a file",
        answers={204: None}, limit="transfer", takes_bytes=MEDIA,
        headers=_TUS | {"Upload-Offset": _COUNT, "Upload-Checksum": {}},
        refuses=_REFUSES | {
            408: "Refused: too slow", 423: "Refused: somebody else sends just now",
            460: "Refused: not what the checksum says",
        },
    ),
    Route(
        "DELETE", ONE, remove, Who.SEAT, Shape.API, "Take a file back",
        answers={204: None}, limit="transfer", refuses=_REFUSES, headers=_TUS,
    ),
    Route(
        "GET", ONE, fetch, Who.SEAT, Shape.API, "The sealed bytes of a whole file, or of a range",
        limit="transfer", gives_bytes={200: SEALED, 206: SEALED},
        headers={"Range": {}},
        refuses={
            409: "Refused: infected, or not looked at yet", 416: "Refused: beyond its end",
            503: "Refused: try again",
        },
    ),
)  # fmt: skip
