"""The audit chain: whatever is changed, left out, added or noted elsewhere is noticed."""

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Connection

from sessions import audit
from sessions.audit import START, Audit, Broken, Mark, verify
from sessions.database import Database
from sessions.migrations import Tree
from sessions.models import Row
from tests.patience import PATIENCE_SECONDS
from tests.unit.sessions.conftest import Now


async def test_every_link_counts(database: Database, urls: dict[Tree, str], now: Now) -> None:
    audit = Audit(database, now_ms=now)
    assert verify(urls["main"]) == Mark(0, START)
    marks = [await audit.record("scanner", "scan", f"file {number}") for number in range(3)]
    assert [mark.seq for mark in marks] == [1, 2, 3]
    assert verify(urls["main"], [marks[0], marks[2]]) == marks[2]
    assert Mark.parse(str(marks[1])) == marks[1]


async def test_writers_at_once_make_one_chain(database: Database, urls: dict[Tree, str]) -> None:
    audit = Audit(database)
    marks = await asyncio.gather(*(audit.record("x", "y", str(n)) for n in range(20)))
    assert sorted(mark.seq for mark in marks) == list(range(1, 21))
    assert verify(urls["main"], marks).seq == 20


async def test_what_is_written_meanwhile_is_no_change(
    database: Database, urls: dict[Tree, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes to go through the chain, what is read of it is of one moment."""
    audit_log, loop, whole = Audit(database), asyncio.get_running_loop(), audit._end_of
    marks = [await audit_log.record("x", "y", "before")]

    def slowly(db: Connection, wanted: dict[int, bytes]) -> Mark:
        end = whole(db, wanted)
        written = audit_log.record("x", "y", "meanwhile")
        marks.append(asyncio.run_coroutine_threadsafe(written, loop).result(PATIENCE_SECONDS))
        return end

    monkeypatch.setattr(audit, "_end_of", slowly)
    assert await asyncio.to_thread(verify, urls["main"]) == marks[0]
    assert await asyncio.to_thread(verify, urls["main"], marks) == marks[1]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 2", 2),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 1", 1),
        ("UPDATE audit SET hash = x'00' WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("INSERT INTO audit SELECT 4, at_ms, actor, action, subject, hash FROM audit LIMIT 1", 4),
        ("UPDATE audit SET actor = 'scannersc', action = 'an' WHERE seq = 2", 2),
    ],
)
async def test_what_was_changed_is_noticed(folder: Path, change: str, at: int) -> None:
    url = f"sqlite:///{folder}/main.db"
    database = Database.open(url, rows=Row)
    audit = Audit(database)
    for number in range(3):
        await audit.record("scanner", "scan", f"file {number}")
    await database.close()
    with closing(sqlite3.connect(folder / "main.db")) as db:
        db.execute(change)
        db.commit()
    with pytest.raises(Broken) as broken:
        verify(url)
    assert broken.value.seq == at


async def test_a_chain_that_was_written_anew_lacks_what_was_noted(
    database: Database, urls: dict[Tree, str]
) -> None:
    mark = await Audit(database).record("scanner", "scan", "file")
    with pytest.raises(Broken):
        verify(urls["main"], [Mark(1, bytes(32))])
    with pytest.raises(Broken):
        verify(urls["main"], [mark, Mark(2, mark.hash)])


@pytest.mark.parametrize("text", ["", "1", "x:00", "1:00", "-1:" + "00" * 32, "1:" + "zz" * 32])
def test_what_is_no_mark(text: str) -> None:
    with pytest.raises(ValueError):
        Mark.parse(text)


async def test_a_link_that_was_forged_to_fit_breaks_the_next(folder: Path) -> None:
    """Whoever changes one has to change all that follow, and what was noted elsewhere."""
    url = f"sqlite:///{folder}/main.db"
    database = Database.open(url, rows=Row)
    marks = [await Audit(database).record("scanner", "scan", str(n)) for n in range(3)]
    await database.close()
    with closing(sqlite3.connect(folder / "main.db")) as db:
        [at_ms] = db.execute("SELECT at_ms FROM audit WHERE seq = 2").fetchone()
        clear = orjson.dumps([2, at_ms, "nobody", "scan", "1"])
        forged = hashlib.sha256(marks[0].hash + clear).digest()
        db.execute("UPDATE audit SET actor = 'nobody', hash = ? WHERE seq = 2", (forged,))
        db.commit()
    with pytest.raises(Broken) as broken:
        verify(url)
    assert broken.value.seq == 3
