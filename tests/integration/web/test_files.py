"""Files over HTTP: begun, cut, taken up again, fetched whole and in part, by nobody else."""

import asyncio
import hashlib
import io
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sessions.blobs import PART_BYTES
from sessions.envelope import sealed_bytes
from sessions.events import FileId, Role, SessionId
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.vectors.make_envelope import some
from web.clients import LIMITS, Limit

TUS = {"Tus-Resumable": "1.0.0"}
MEDIA = {"Content-Type": "application/offset+octet-stream"}
IDS = ("0" * 32, "F" * 32, "0" * 31, "0" * 500, "..%2f" + "0" * 27, "%2e%2e", "*", "%00", "é" * 16)
SMALL = some("a small file", sealed_bytes(1_000))
LARGE = some("a large file", sealed_bytes(3 * PART_BYTES))  # three parts and a rest


async def begin(caller: Caller, session: str, size: int, **headers: str | None) -> Any:
    given = TUS | {"Upload-Length": str(size)} | headers
    return await caller.post(f"/api/sessions/{session}/files", headers=given)


async def patch(caller: Caller, where: str, offset: int, data: Any, **headers: str | None) -> Any:
    given = TUS | MEDIA | {"Upload-Offset": str(offset)} | headers
    body = io.BytesIO(data) if isinstance(data, bytes) else data
    return await caller.ask("PATCH", where, headers=given, data=body)


async def offset_of(caller: Caller, where: str) -> int:
    answer = await caller.ask("HEAD", where, headers=TUS)
    assert answer.status == 200
    return int(answer.headers["Upload-Offset"])


async def uploaded(caller: Caller, session: str, data: bytes = SMALL) -> str:
    """Where a whole file is."""
    begun = await begin(caller, session, len(data))
    assert begun.status == 201, await begun.text()
    where: str = begun.headers["Location"]
    answer = await patch(caller, where, 0, data)
    assert answer.status == 204, await answer.text()
    return where


@asynccontextmanager
async def sending(
    site: Site, caller: Caller, where: str, offset: int, announced: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A PATCH of which the body is still to come; cut at the end."""
    address = site.url.removeprefix("http://")
    answer, wire = await asyncio.open_connection(*address.split(":"))
    headers = TUS | MEDIA | caller.headers | {
        "Host": address, "Authorization": f"Bearer {caller.token}",
        "Upload-Offset": str(offset), "Content-Length": str(announced),
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    wire.write(f"PATCH {where} HTTP/1.1\r\n{head}\r\n".encode())
    try:
        yield answer, wire
    finally:
        wire.close()


async def seated(site: Site, session: str) -> Caller:
    """An advisor with a seat in the session."""
    advisor = await site.advisor()
    answer = await advisor.post(f"/api/sessions/{session}/join", {"prepare": True})
    assert answer.status == 200
    return advisor


async def code_of(answer: Any) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


async def test_a_file_goes_up_and_comes_down(site: Site) -> None:
    prospect = await site.prospect()
    advisor = await seated(site, prospect.session)
    begun = await begin(prospect, prospect.session, len(LARGE))
    assert begun.status == 201
    assert begun.headers["Tus-Resumable"] == "1.0.0"
    assert "GMT" in begun.headers["Upload-Expires"]
    where = begun.headers["Location"]
    assert (await advisor.get(where)).status == 404, "not whole"
    sent = await patch(prospect, where, 0, LARGE)
    assert (sent.status, sent.headers["Upload-Offset"]) == (204, str(len(LARGE)))
    assert "Upload-Expires" not in sent.headers
    for caller in (prospect, advisor):
        answer = await caller.get(where)
        assert answer.status == 200
        assert await answer.read() == LARGE
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert await offset_of(caller, where) == len(LARGE)


async def test_a_cut_upload_goes_on_at_the_last_whole_part(site: Site) -> None:
    """F-25: what was stored counts, the rest is sent again, and the sum is what was sent."""
    prospect = await site.prospect()
    where = (await begin(prospect, prospect.session, len(LARGE))).headers["Location"]

    async with sending(site, prospect, where, 0, len(LARGE)) as (_, wire):
        wire.write(LARGE[: PART_BYTES + 70_000])
        async with asyncio.timeout(60):
            while await offset_of(prospect, where) < PART_BYTES:
                pass
    async with asyncio.timeout(60):
        while (sent := await patch(prospect, where, PART_BYTES, LARGE[PART_BYTES:])).status == 423:
            pass  # the node has yet to notice
    assert sent.status == 204
    found = await (await prospect.get(where)).read()
    assert hashlib.sha256(found).digest() == hashlib.sha256(LARGE).digest()


# ---- by whom, and by nobody else


async def test_what_one_may_not_see_does_not_exist(site: Site) -> None:
    """B-101, AT-73: unknown, foreign, unfinished, somebody else's, removed: one answer."""
    prospect, stranger, visitor = await site.prospect(), await site.prospect(), site.visitor()
    operator, idle = await site.operator(), await site.signed_in(Role.ADVISOR, "idle")
    advisor = await seated(site, prospect.session)
    whole = await uploaded(prospect, prospect.session)
    foreign = await uploaded(stranger, stranger.session)
    half = (await begin(prospect, prospect.session, len(LARGE))).headers["Location"]
    gone = await uploaded(prospect, prospect.session)
    assert (await prospect.ask("DELETE", gone, headers=TUS)).status == 204
    moved = whole.replace(prospect.session, stranger.session)
    nowhere = [whole.rpartition("/")[0] + f"/{id}" for id in IDS]
    bodies = set()
    for caller in (stranger, visitor, operator, idle, advisor, prospect):
        places = [foreign, gone, moved, *nowhere] + [whole, half] * (caller is not prospect)
        if caller is stranger:
            places.remove(foreign)
        for where in places:
            asked = [await patch(caller, where, 0, SMALL)]
            asked.append(await caller.ask("DELETE", where, headers=TUS))
            if where != whole or caller is not advisor:
                asked.append(await caller.get(where))
                head = await caller.ask("HEAD", where, headers=TUS)
                assert (head.status, await head.read()) == (404, b""), where
            for answer in asked:
                assert answer.status == 404, (caller.role, where, answer.method)
                bodies.add(await answer.read())
    assert len(bodies) == 1
    for caller in (stranger, visitor, operator, idle):
        assert (await begin(caller, prospect.session, len(SMALL))).status == 404
    assert await (await prospect.get(whole)).read() == SMALL


async def test_an_advisor_needs_the_token_to_change_and_the_cookie_to_read(site: Site) -> None:
    prospect = await site.prospect()
    advisor = await seated(site, prospect.session)
    where = await uploaded(advisor, prospect.session)
    token, advisor.csrf = advisor.csrf, ""
    assert await (await advisor.get(where)).read() == SMALL
    assert await code_of(await begin(advisor, prospect.session, len(SMALL))) == (403, "csrf.wrong")
    assert await code_of(await advisor.ask("DELETE", where, headers=TUS)) == (403, "csrf.wrong")
    advisor.csrf = token
    assert (await advisor.ask("DELETE", where, headers=TUS)).status == 204
    assert (await prospect.get(where)).status == 404


async def test_who_may_no_longer_gets_no_further(site: Site) -> None:
    """AT-16: a seat given up, an account disabled, a file removed, a session erased: at once."""
    prospect = await site.prospect()
    session = SessionId(prospect.session)
    advisor = await seated(site, session)
    where = await uploaded(prospect, session, LARGE)
    file = await site.parts.files.find(session, FileId(where.rpartition("/")[2]))
    assert file is not None
    view = await site.parts.lifecycle.view(session)
    assert view is not None
    [seat] = [one for one in view.roster if one.role is Role.ADVISOR]
    assert await site.parts.files.may_use(file, seat.participant)
    assert seat.account is not None
    await site.parts.accounts.disable(seat.account)
    assert not await site.parts.files.may_use(file, seat.participant)
    assert (await advisor.get(where)).status == 404
    begun = (await begin(prospect, session, len(LARGE))).headers["Location"]
    async with sending(site, prospect, begun, 0, len(LARGE)) as (answer, wire):
        wire.write(LARGE[: PART_BYTES - 1])
        await site.parts.lifecycle.release(session, file.participant, "left")
        wire.write(LARGE[PART_BYTES - 1 :])
        assert b" 404 " in await answer.readline()
    assert (await prospect.get(where)).status == 404
    await site.parts.keys.shred(session)
    async with asyncio.timeout(60):
        while (await site.parts.files.counts()).files:
            pass
    assert not [path for path in (site.data / "blobs").rglob("*") if path.is_file()]


# ---- one at a time, in order, whole


async def test_two_at_once_write_one_file(site: Site) -> None:
    """Exactly one of them; and what it wrote is not mixed with what the other sent."""
    prospect = await site.prospect()
    where = (await begin(prospect, prospect.session, len(LARGE))).headers["Location"]
    other = bytes(len(LARGE))
    answers = await asyncio.gather(*(patch(prospect, where, 0, one) for one in (LARGE, other)))
    assert sorted(answer.status for answer in answers)[0] == 204
    assert sorted(answer.status for answer in answers)[1] in (409, 423)
    found = await (await prospect.get(where)).read()
    assert found in (LARGE, other)


ODD_PARTS: tuple[tuple[Any, ...], ...] = (
    ({"Upload-Offset": "1"}, 0, (409, "upload.offset")),
    ({"Upload-Offset": str(PART_BYTES)}, 0, (409, "upload.offset")),
    ({"Upload-Offset": "-1"}, 0, (400, "field.invalid")),
    ({"Upload-Offset": "1e3"}, 0, (400, "field.invalid")),
    ({"Upload-Offset": "٣"}, 0, (400, "field.invalid")),
    ({"Upload-Offset": "9" * 400}, 0, (400, "field.invalid")),
    ({"Upload-Offset": None}, 0, (400, "field.invalid")),
    ({}, len(LARGE) + 1, (413, "too.large")),
    ({}, PART_BYTES - 1, (400, "upload.part")),
    ({}, 0, (400, "upload.part")),
    ({"Content-Type": "application/octet-stream"}, 9, (415, "type.wrong")),
    ({"Content-Type": "multipart/form-data"}, 9, (415, "type.wrong")),
    ({"Content-Encoding": "gzip"}, 9, (415, "type.wrong")),
    ({"Tus-Resumable": "0.2.2"}, 9, (412, "upload.version")),
    ({"Tus-Resumable": None}, 9, (412, "upload.version")),
    ({"Upload-Checksum": "crc32 AAAA"}, PART_BYTES, (400, "upload.unchecked")),
    ({"Upload-Checksum": "sha1 ?"}, PART_BYTES, (400, "upload.unchecked")),
    ({"Upload-Checksum": "sha1 AAAA"}, PART_BYTES + 1, (400, "upload.unchecked")),
    ({"Upload-Checksum": "sha1 AAAA"}, PART_BYTES, (460, "upload.checksum")),
)


async def test_parts_that_are_none(site: Site) -> None:
    """Each refused with its code, and nothing of it counts."""
    prospect = await site.prospect()
    where = (await begin(prospect, prospect.session, len(LARGE))).headers["Location"]
    for headers, size, expected in ODD_PARTS:
        answer = await patch(prospect, where, 0, bytes(size), **headers)
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert await code_of(answer) == expected, headers
    assert await offset_of(prospect, where) == 0


ODD_BEGINNINGS: tuple[tuple[Any, ...], ...] = (
    ({"Upload-Length": "0"}, "upload.length"),
    ({"Upload-Length": "71"}, "upload.length"),
    ({"Upload-Length": "16456"}, "upload.length"),
    ({"Upload-Length": "x"}, "upload.length"),
    ({"Upload-Length": None}, "upload.length"),
    ({"Upload-Length": "9" * 15}, "file.too_large"),
    ({"Upload-Length": "9" * 16}, "upload.length"),
    ({"upload-metadata": "filename ZGF0ZWk="}, "upload.metadata"),
    ({"Upload-Defer-Length": "1"}, "upload.metadata"),
    ({"Upload-Concat": "partial"}, "upload.metadata"),
    ({"Tus-Resumable": "2.0.0"}, "upload.version"),
)


async def test_beginnings_that_are_none(site: Site) -> None:
    """B-094: also a name, whatever is in it: nothing is stored."""
    prospect = await site.prospect()
    for headers, expected in ODD_BEGINNINGS:
        _, code = await code_of(await begin(prospect, prospect.session, len(SMALL), **headers))
        assert code == expected, headers
    assert (await site.parts.files.counts()).files == 0


async def test_a_body_at_the_beginning_is_refused(site: Site) -> None:
    prospect = await site.prospect()
    given = {"headers": TUS | {"Upload-Length": "72"}, "data": b"x" * 72}
    answer = await prospect.ask("POST", f"/api/sessions/{prospect.session}/files", **given)
    assert await code_of(answer) == (400, "upload.early")


async def test_the_right_checksum_passes(site: Site) -> None:
    prospect = await site.prospect()
    where = (await begin(prospect, prospect.session, len(LARGE))).headers["Location"]
    for offset in range(0, len(LARGE), PART_BYTES):
        part = LARGE[offset : offset + PART_BYTES]
        digest = b64encode(hashlib.sha256(part).digest()).decode()
        answer = await patch(
            prospect, where, offset, part, **{"Upload-Checksum": f"sha256 {digest}"}
        )
        assert answer.status == 204
    assert await (await prospect.get(where)).read() == LARGE


async def test_a_session_has_its_limits(make_site: MakeSite) -> None:
    site = await make_site(file_max_mb=1, session_files_max=2, session_files_mb=2)
    prospect = await site.prospect()
    session = prospect.session
    most = sealed_bytes(1 << 20)
    assert await code_of(await begin(prospect, session, most + 1)) == (413, "file.too_large")
    assert (await begin(prospect, session, most)).status == 201
    where = await uploaded(prospect, session)
    assert await code_of(await begin(prospect, session, len(SMALL))) == (409, "file.too_many")
    assert (await prospect.ask("DELETE", where, headers=TUS)).status == 204
    assert (await begin(prospect, session, len(SMALL))).status == 201


async def test_a_client_has_its_limits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "file", Limit(per_minute=0.001, burst=0.002))
    prospect = await site.prospect()
    begun = [await begin(prospect, prospect.session, len(SMALL)) for _ in range(3)]
    assert [answer.status for answer in begun] == [201, 201, 429]


RANGES: tuple[tuple[Any, ...], ...] = (
    ("bytes=0-0", (0, 1)),
    ("bytes=100-299", (100, 300)),
    (f"bytes={PART_BYTES - 5}-{PART_BYTES + 4}", (PART_BYTES - 5, PART_BYTES + 5)),
    (f"bytes={PART_BYTES}-", (PART_BYTES, len(LARGE))),
    ("bytes=-10", (len(LARGE) - 10, len(LARGE))),
    (f"bytes=-{len(LARGE) + 5}", (0, len(LARGE))),
    (f"bytes=5-{len(LARGE) + 5}", (5, len(LARGE))),
)


async def test_a_range_comes_by_itself(site: Site) -> None:
    prospect = await site.prospect()
    where = await uploaded(prospect, prospect.session, LARGE)
    for asked, (start, end) in RANGES:
        answer = await prospect.get(where, headers={"Range": asked})
        assert answer.status == 206, asked
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(LARGE)}"
        assert await answer.read() == LARGE[start:end]
    for odd in ("bytes=5-4", "bytes=0-1,5-6", "bytes=-", "items=0-1", "bytes=x-y"):
        answer = await prospect.get(where, headers={"Range": odd})
        assert (answer.status, len(await answer.read())) == (200, len(LARGE)), odd
    beyond = await prospect.get(where, headers={"Range": f"bytes={len(LARGE)}-"})
    assert await code_of(beyond) == (416, "range.beyond")
    assert beyond.headers["Content-Range"] == f"bytes */{len(LARGE)}"


async def test_a_node_that_leaves_takes_no_more(site: Site) -> None:
    prospect = await site.prospect()
    where = (await begin(prospect, prospect.session, len(LARGE))).headers["Location"]
    whole = await uploaded(prospect, prospect.session)
    site.parts.draining.set()
    assert await code_of(await begin(prospect, prospect.session, 72)) == (503, "draining")
    assert await code_of(await patch(prospect, where, 0, LARGE)) == (503, "draining")
    assert await (await prospect.get(whole)).read() == SMALL
