"""Files before a real scanner: clean, infected, too large; and what becomes of them then."""

import asyncio
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from sessions.audit import verify
from sessions.envelope import ContentKey, FileSealer, file_key, sealed_bytes
from sessions.events import FileId, SessionId
from sessions.file_views import Verdict
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_files import begin, code_of, patch
from tests.integration.web.test_talk import talking
from tests.servers import MARKER, clamd_in


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with clamd_in(tmp_path_factory.mktemp("clamd")) as socket:
        yield socket


async def shared(caller: Caller, session: str, key: ContentKey, clear: bytes) -> str:
    """Where a file is that holds this."""
    where: str = (await begin(caller, session, sealed_bytes(len(clear)))).headers["Location"]
    file = FileId(where.rpartition("/")[2])
    of = SessionId(session)
    sealer = FileSealer(file_key(key, of, file), of, file)
    assert (await patch(caller, where, 0, sealer.seal(clear) + sealer.finish())).status == 204
    return where


@pytest.mark.parametrize(
    ("clear", "verdict"),
    [
        (b"nothing bad", Verdict.CLEAN),
        (b"x" * 16_380 + MARKER, Verdict.INFECTED),  # across two chunks
        (bytes(3 << 20), Verdict.UNSCANNED),  # more than this scanner takes
    ],
)
async def test_what_a_scanner_says(
    make_site: MakeSite, clamd: Path, clear: bytes, verdict: Verdict
) -> None:
    site: Site = await make_site(clamd_socket=clamd)
    prospect = site.visitor()
    session = (await prospect.start_call())["session"]
    async with talking(prospect, session) as erika:
        key = ContentKey(b64decode(erika.admission["content_key"]))
        where = await shared(prospect, session, key, clear)
        file = where.rpartition("/")[2]
        assert await erika.hear("file.scanned") == {"file": file, "verdict": verdict}
    answer = await prospect.get(where)
    if verdict is Verdict.INFECTED:
        assert await code_of(answer) == (409, "file.infected")
        assert await code_of(await prospect.get(where, headers={"Range": "bytes=0-1"})) == (
            409, "file.infected",
        )  # fmt: skip
    else:
        assert len(await answer.read()) == sealed_bytes(len(clear))
    assert verify(site.parts.settings.database).seq == 1, "who opened it is written down"


async def test_nobody_has_a_file_before_the_verdict(make_site: MakeSite, tmp_path: Path) -> None:
    """And a scanner that is not there is no verdict either."""
    asked, enough = asyncio.Event(), asyncio.Event()

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await enough.wait()
        writer.close()

    server = await asyncio.start_unix_server(hangs_up, tmp_path / "silent")
    site: Site = await make_site(clamd_socket=tmp_path / "silent")
    prospect = site.visitor()
    session = (await prospect.start_call())["session"]
    async with talking(prospect, session) as erika:
        key = ContentKey(b64decode(erika.admission["content_key"]))
        where = await shared(prospect, session, key, b"some text")
        async with asyncio.timeout(60):
            await asked.wait()
        early = await prospect.get(where)
        assert await code_of(early) == (409, "file.pending")
        assert early.headers["Retry-After"] == "1"
        enough.set()
        scanned = await erika.hear("file.scanned")
        assert scanned["verdict"] == Verdict.UNSCANNED
    assert len(await (await prospect.get(where)).read()) == sealed_bytes(9)
    server.close()
    await server.wait_closed()
