"""Files in table and store: quotas, one writer at a time, expiry, erasure, sudden death."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sessions.blobs import PART_BYTES, Blobs, expect_blobs_url
from sessions.database import Database
from sessions.envelope import sealed_bytes
from sessions.events import FileId, Refused, SessionId, Unknown
from sessions.file_views import FileLimits, FileState, FileView, Verdict
from sessions.files import HOLD_MS, Files
from sessions.lifecycle import Lifecycle, Started
from sessions.models import Row
from sessions.names import Name
from tests.unit.sessions.conftest import Now

LIMITS = FileLimits(file_bytes=2 * PART_BYTES, session_files=3, session_bytes=3 * PART_BYTES)
SMALL = sealed_bytes(1_000)
LARGE = sealed_bytes(2 * PART_BYTES - 20_000)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.open((tmp_path / "b l#b?s").as_uri())


@pytest.fixture
def files(database: Database, blobs: Blobs, now: Now) -> Files:
    return Files(database, blobs, limits=LIMITS, now_ms=now)


@pytest.fixture
async def session(lifecycle: Lifecycle) -> Started:
    return await started(lifecycle)


async def started(lifecycle: Lifecycle) -> Started:
    name = Name("Ada", "Lovelace")
    request = os.urandom(16)
    return await lifecycle.start(name=name, topic=None, language="de", request=request)


async def begun(files: Files, of: Started, size: int = SMALL) -> FileView:
    return await files.begin(of.session, of.participant, size)


async def stored(files: Files, of: Started, size: int = SMALL) -> FileView:
    """A whole file of zeros."""
    file = await begun(files, of, size)
    holder, offset = await files.hold(file, 0), 0
    while offset < size:
        part = bytes(min(PART_BYTES, size - offset))
        offset = await files.write(file, holder, offset, part)
    found = await files.find(of.session, file.id)
    assert found is not None
    assert found.state is FileState.WHOLE
    return found


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "b l#b?s" in path.parts]


async def refused(job: object) -> str:
    with pytest.raises(Refused) as refusal:
        await job  # type: ignore[misc]
    return refusal.value.code


async def test_what_a_session_may_have(files: Files, session: Started, now: Now) -> None:
    assert await refused(begun(files, session, 71)) == "upload.length"
    assert await refused(begun(files, session, sealed_bytes(LIMITS.file_bytes) + 1)) == (
        "file.too_large"
    )
    whole = await begun(files, session, sealed_bytes(LIMITS.file_bytes))
    assert await refused(begun(files, session, sealed_bytes(LIMITS.file_bytes))) == (
        "file.session_full"
    )
    await begun(files, session)
    await begun(files, session)
    assert await refused(begun(files, session)) == "file.too_many"
    await files.remove(whole)
    await begun(files, session, sealed_bytes(PART_BYTES))


async def test_quotas_hold_for_many_at_once(files: Files, session: Started) -> None:
    many = await asyncio.gather(*(begun(files, session) for _ in range(9)), return_exceptions=True)
    assert sum(isinstance(one, FileView) for one in many) == LIMITS.session_files


async def test_a_session_that_is_over_takes_nothing_and_keeps_what_it_has(
    files: Files, session: Started, lifecycle: Lifecycle
) -> None:
    whole, half = await stored(files, session), await begun(files, session)
    await lifecycle.end(session.session, "expired")
    assert await refused(begun(files, session)) == "session.ended"
    assert await refused(files.hold(half, 0)) == "session.ended"
    assert await files.may_use(whole, session.participant)
    assert await refused(files.begin(SessionId("0" * 32), session.participant, SMALL)) == (
        "not.found"
    )


async def test_one_writes_at_a_time(files: Files, session: Started, now: Now) -> None:
    """Of two at once exactly one; after it fell silent another, and the first may no more."""
    file = await begun(files, session, LARGE)
    both = await asyncio.gather(files.hold(file, 0), files.hold(file, 0), return_exceptions=True)
    [holder] = [one for one in both if isinstance(one, str)]
    [other] = [one for one in both if isinstance(one, Refused)]
    assert other.code == "upload.held"
    assert await refused(files.hold(file, 5)) == "upload.offset"
    now.ms += HOLD_MS + 1
    second = await files.hold(file, 0)
    assert await refused(files.write(file, holder, 0, bytes(PART_BYTES))) == "upload.held"
    assert await files.write(file, second, 0, bytes(PART_BYTES)) == PART_BYTES
    await files.release(file, holder)  # nothing of it any more
    assert await refused(files.hold(file, PART_BYTES)) == "upload.held"
    await files.release(file, second)
    await files.hold(file, PART_BYTES)


async def test_what_is_not_finished_goes_and_what_is_whole_stays(
    files: Files, session: Started, now: Now, tmp_path: Path
) -> None:
    whole, half = await stored(files, session), await begun(files, session, LARGE)
    holder = await files.hold(half, 0)
    await files.write(half, holder, 0, bytes(PART_BYTES))
    await files.release(half, holder)
    assert await files.sweep() == 0
    assert (await files.counts()).bytes == SMALL + PART_BYTES
    now.ms += LIMITS.unfinished_ms + 1
    assert await files.sweep() == 1
    assert await files.find(session.session, half.id) is None
    assert [path.parent.name for path in kept(tmp_path)] == [whole.id]


async def test_a_file_that_is_removed_while_it_is_written(
    files: Files, session: Started, now: Now, tmp_path: Path
) -> None:
    """Its writer gets no further, and what was still under way is cleared away later."""
    file = await begun(files, session, LARGE)
    holder = await files.hold(file, 0)
    await files.write(file, holder, 0, bytes(PART_BYTES))
    await files.remove(file)
    assert await files.find(session.session, file.id) is None
    assert await refused(files.write(file, holder, PART_BYTES, bytes(LARGE - PART_BYTES))) == (
        "upload.held"
    )
    now.ms += HOLD_MS + 1
    assert await files.sweep() == 1
    assert kept(tmp_path) == []


async def test_an_erased_session_has_no_files(
    files: Files, session: Started, lifecycle: Lifecycle, tmp_path: Path
) -> None:
    other = await stored(files, await started(lifecycle))
    await stored(files, session)
    await stored(files, session, LARGE)
    await files.erase(session.session)
    assert [path.parent.name for path in kept(tmp_path)] == [other.id]
    assert await files.sessions() == [other.session]
    assert not (tmp_path / "b l#b?s" / session.session).exists()


async def test_a_scanned_house_waits_for_a_verdict(
    database: Database, blobs: Blobs, session: Started
) -> None:
    files = Files(database, blobs, scanned=True)
    assert (await stored(files, session)).verdict is Verdict.PENDING


async def test_any_part_can_be_read(files: Files, session: Started) -> None:
    file = await begun(files, session, LARGE)
    data = os.urandom(LARGE)
    holder = await files.hold(file, 0)
    await files.write(file, holder, 0, data[:PART_BYTES])
    await files.write(file, holder, PART_BYTES, data[PART_BYTES:])
    for start, end in ((0, LARGE), (5, 6), (PART_BYTES - 1, PART_BYTES + 1), (PART_BYTES, LARGE)):
        parts = [bytes(part) async for part in files.read(file, start, end)]
        assert b"".join(parts) == data[start:end]


async def test_a_store_that_fails_says_try_again(
    files: Files, session: Started, tmp_path: Path
) -> None:
    """And the offset is as it was: nothing counts that may not be there."""
    file = await begun(files, session, LARGE)
    holder = await files.hold(file, 0)
    (tmp_path / "b l#b?s" / session.session).write_text("in the way")
    with pytest.raises(Unknown):
        await files.write(file, holder, 0, bytes(PART_BYTES))
    found = await files.find(session.session, file.id)
    assert found is not None
    assert found.stored == 0


async def test_a_missing_part_is_noticed(files: Files, session: Started, tmp_path: Path) -> None:
    file = await stored(files, session, LARGE)
    [path] = [path for path in kept(tmp_path) if path.name == "1"]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LookupError):
        [part async for part in files.read(file, 0, LARGE)]
    path.unlink()
    with pytest.raises(LookupError):
        [part async for part in files.read(file, 0, LARGE)]


def test_a_part_is_on_the_disk_before_it_counts(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, then every directory on the way that it may have made."""
    flushed: list[str] = []
    real = os.fsync

    def noted(number: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{number}").removeprefix(f"{tmp_path}/b l#b?s"))
        real(number)

    monkeypatch.setattr(os, "fsync", noted)
    session, file = SessionId("a" * 32), FileId("b" * 32)

    async def put() -> None:
        await blobs.put(session, file, 0, b"x")
        await blobs.put(session, file, 1, b"x")

    asyncio.run(put())
    home = f"/{session}/{file}"
    assert flushed == [f"{home}/0", home, f"/{session}", "", f"{home}/1", home]


WRITER = """
import asyncio, os, sys
from pathlib import Path
from sessions.blobs import PART_BYTES, Blobs
from sessions.database import Database
from sessions.events import ParticipantId, SessionId
from sessions.files import Files
from sessions.envelope import sealed_bytes
from sessions.models import Row

async def main():
    database = Database.open(sys.argv[1], rows=Row)
    files = Files(database, Blobs.open(sys.argv[2]))
    size = sealed_bytes(40 * PART_BYTES)
    file = await files.begin(SessionId(sys.argv[3]), ParticipantId(sys.argv[4]), size)
    holder, offset = await files.hold(file, 0), 0
    while True:
        part = offset // PART_BYTES
        offset = await files.write(file, holder, offset, bytes([part]) * PART_BYTES)
        os.write(1, f"{file.id} {offset}\\n".encode())

asyncio.run(main())
"""


async def test_what_counted_is_there_after_a_kill(
    folder: Path, database: Database, session: Started, tmp_path: Path
) -> None:
    await database.close()
    url, place = f"sqlite:///{folder}/main.db", (tmp_path / "blobs").as_uri()
    given = [url, place, session.session, session.participant]

    def until_killed() -> str:
        command = [sys.executable, "-c", WRITER, *given]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            process.kill()
            return (lines + process.stdout.read().splitlines())[-1]

    id, told = (await asyncio.to_thread(until_killed)).split()
    again = Database.open(url, rows=Row)
    files = Files(again, Blobs.open(place))
    file = await files.find(session.session, FileId(id))
    assert file is not None
    assert file.stored >= int(told)
    parts = [bytes(part) async for part in files.read(file, 0, file.stored)]
    assert parts == [bytes([number]) * PART_BYTES for number in range(len(parts))]
    await again.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "blobs",
        "http://x",
        "s3://",
        "file://host/x",
        "file:relative",
        "s3://k:v@b",
        "s3://b?x=1",
    ],
)
def test_places_that_are_none(url: str) -> None:
    with pytest.raises(ValueError):
        expect_blobs_url(url)
