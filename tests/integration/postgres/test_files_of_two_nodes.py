"""Files of two nodes: rows in one PostgreSQL, parts in one store that speaks S3."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest

from sessions.blobs import PART_BYTES, Blobs, S3Access
from sessions.database import Database
from sessions.envelope import sealed_bytes
from sessions.events import Refused, Unknown
from sessions.file_views import FileState
from sessions.files import HOLD_MS, Files
from sessions.lifecycle import Lifecycle
from tests import s3
from tests.unit.sessions.conftest import Now
from tests.unit.sessions.test_files import begun, refused, started

SIZE = sealed_bytes(2 * PART_BYTES)
DATA = os.urandom(SIZE)


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[Any, S3Access]]:
    with s3.store() as made:
        yield made


@pytest.fixture
def nodes(
    database: Database, other_database: Database, store: tuple[Any, S3Access], now: Now
) -> tuple[Files, Files]:
    def files(database: Database) -> Files:
        return Files(database, Blobs.open("s3://bucket/some/place", store[1]), now_ms=now)

    return files(database), files(other_database)


async def test_an_upload_begun_on_one_node_goes_on_at_the_other(
    nodes: tuple[Files, Files], lifecycle: Lifecycle, store: tuple[Any, S3Access]
) -> None:
    one, other = nodes
    session = await started(lifecycle)
    file = await begun(one, session, SIZE)
    holder = await one.hold(file, 0)
    await one.write(file, holder, 0, DATA[:PART_BYTES])
    await one.release(file, holder)
    seen = await other.find(session.session, file.id)
    assert seen is not None
    assert seen.stored == PART_BYTES
    holder, offset = await other.hold(seen, PART_BYTES), PART_BYTES
    while offset < SIZE:
        offset = await other.write(seen, holder, offset, DATA[offset : offset + PART_BYTES])
    whole = await one.find(session.session, file.id)
    assert whole is not None
    assert whole.state is FileState.WHOLE
    assert b"".join([bytes(part) async for part in one.read(whole, 0, SIZE)]) == DATA
    home = f"some/place/{session.session}/{file.id}"
    assert sorted(s3.kept(store[0])) == [f"{home}/{part}" for part in range(3)]
    await other.remove(whole)
    assert s3.kept(store[0]) == []
    assert await one.find(session.session, file.id) is None


async def test_of_two_nodes_one_writes(
    nodes: tuple[Files, Files], lifecycle: Lifecycle, now: Now
) -> None:
    """At once, and also when the one that had it stood still meanwhile."""
    session = await started(lifecycle)
    for _ in range(10):
        file = await begun(nodes[0], session, SIZE)
        both = await asyncio.gather(*(node.hold(file, 0) for node in nodes), return_exceptions=True)
        [lost] = [one for one in both if isinstance(one, Refused)]
        assert lost.code == "upload.held"
        first, then = (0, 1) if isinstance(both[0], str) else (1, 0)
        holder = both[first]
        assert isinstance(holder, str)
        now.ms += HOLD_MS + 1
        successor = await nodes[then].hold(file, 0)
        assert await refused(nodes[first].write(file, holder, 0, bytes(PART_BYTES))) == (
            "upload.held"
        )
        await nodes[then].write(file, successor, 0, DATA[:PART_BYTES])
        await nodes[then].remove(file)


async def test_a_store_that_is_gone_says_try_again(
    database: Database, lifecycle: Lifecycle
) -> None:
    nowhere = Blobs.open("s3://bucket", S3Access("http://127.0.0.1:1", "x", "x", "x"))
    files = Files(database, nowhere)
    session = await started(lifecycle)
    file = await begun(files, session, SIZE)
    holder = await files.hold(file, 0)
    with pytest.raises(Unknown):
        await files.write(file, holder, 0, DATA[:PART_BYTES])
