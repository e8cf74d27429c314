"""Files over HTTP: begun, cut, taken up again, fetched whole and in part, by nobody else."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sessions.blobs import PART_BYTES
from sessions.envelope import sealed_bytes
from tests.integration.web.conftest import Caller, Site
from tests.vectors.make_envelope import some

TUS = {"Tus-Resumable": "1.0.0"}
MEDIA = {"Content-Type": "application/offset+octet-stream"}
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
        async with asyncio.timeout(10):
            while await offset_of(prospect, where) < PART_BYTES:
                pass
    async with asyncio.timeout(10):
        while (sent := await patch(prospect, where, PART_BYTES, LARGE[PART_BYTES:])).status == 423:
            pass  # the node has yet to notice
    assert sent.status == 204
    found = await (await prospect.get(where)).read()
    assert hashlib.sha256(found).digest() == hashlib.sha256(LARGE).digest()
