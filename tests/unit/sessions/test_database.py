"""The database: one writer, group commit, savepoints, and nobody else at the file."""

import asyncio
import logging
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from sessions.database import Database, DatabaseInUse
from sessions.events import Unknown
from sessions.migrations import migrate
from sessions.models import FactRow, KeyRow, Row
from sessions.postgres import server_url
from sessions.sqlite import path_of
from sessions.writer import MAX_BATCH, raw


def put(name: str, value: str = "1"):  # type: ignore[no-untyped-def]
    def job(db: Connection) -> str:
        db.execute(insert(FactRow).values(name=name, value=value))
        return name

    return job


def facts(db: Connection) -> set[str]:
    return set(db.scalars(select(FactRow.name))) - {"log_epoch", "audit_head"}


class Gate:
    """Keeps the writer thread busy, so that what is ordered meanwhile becomes one batch."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _db: Connection) -> None:
        self.reached.set()
        assert self.opened.wait(10)

    def together(self, db: Connection, arguments: Sequence[None]) -> list[Exception | None]:
        """The same for whatever is written together."""
        self(db)
        return list(arguments)


async def held(database: Database) -> tuple[Gate, asyncio.Task[None]]:
    gate = Gate()
    holding = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    return gate, holding


async def test_what_is_written_is_read_and_survives_closing(folder: Path) -> None:
    url = f"sqlite:///{folder}/main.db"
    database = Database.open(url, rows=Row)
    assert await database.write(put("a")) == "a"
    assert await database.read(facts) == {"a"}
    await database.close()
    again = Database.open(url, rows=Row)
    assert await again.read(facts) == {"a"}
    await again.close()


async def test_one_failing_job_undoes_itself_alone(database: Database) -> None:
    def fails(db: Connection) -> None:
        put("half")(db)
        put("a")(db)

    gate, holding = await held(database)
    jobs = [asyncio.create_task(database.write(job)) for job in (put("a"), fails, put("b"))]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert results[0] == "a"
    assert isinstance(results[1], IntegrityError)
    assert results[2] == "b"
    assert await database.read(facts) == {"a", "b"}


async def test_what_waits_together_is_committed_together(database: Database) -> None:
    calls: list[int] = []

    def together(_db: Connection, arguments: Sequence[int]) -> list[int | Exception]:
        calls.append(len(arguments))
        return [argument * 2 for argument in arguments]

    gate, holding = await held(database)
    doubled = [
        asyncio.ensure_future(database.write_together(together, number))
        for number in range(MAX_BATCH + 10)
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    assert await asyncio.gather(*doubled) == [2 * number for number in range(MAX_BATCH + 10)]
    assert calls == [MAX_BATCH, 10]


async def test_orders_keep_their_order_across_kinds(database: Database) -> None:
    seen: list[str] = []

    def together(_db: Connection, names: Sequence[str]) -> list[str | Exception]:
        seen.append("+".join(names))
        return list(names)

    def alone(name: str):  # type: ignore[no-untyped-def]
        return lambda _db: seen.append(name)

    gate, holding = await held(database)
    waiting: list[asyncio.Future[object]] = []
    for order in (
        lambda: database.write_together(together, "a"),
        lambda: database.write_together(together, "b"),
        lambda: database.write(alone("c")),
        lambda: database.write_together(together, "d"),
    ):
        waiting.append(asyncio.ensure_future(order()))
        await asyncio.sleep(0)  # each has its turn
    gate.opened.set()
    await asyncio.gather(holding, *waiting)
    assert seen == ["a+b", "c", "d"]


async def test_a_poisonous_argument_harms_no_neighbour(database: Database) -> None:
    def together(db: Connection, names: Sequence[str]) -> list[str | Exception]:
        return [put(name)(db) for name in names]

    gate, holding = await held(database)
    waiting = [
        asyncio.ensure_future(database.write_together(together, name)) for name in ("a", "a", "b")
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [results[0], results[2]] == ["a", "b"]
    assert isinstance(results[1], IntegrityError)
    assert await database.read(facts) == {"a", "b"}


async def test_a_failed_commit_is_unknown_to_everyone_in_it(database: Database) -> None:
    """Never "failed" for something that may have happened."""

    def breaks_the_commit(db: Connection) -> None:
        db.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        db.execute(text("INSERT INTO availability VALUES ('nobody', 'free', 0, 0)"))

    gate, holding = await held(database)
    waiting = [asyncio.create_task(database.write(job)) for job in (put("a"), breaks_the_commit)]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Unknown, Unknown]
    assert await database.read(facts) == set()
    assert await database.write(put("b")) == "b"


async def test_a_transaction_that_sqlite_gave_up_is_unknown_too(database: Database) -> None:
    """As when the disk is full: what was rolled back must not be acknowledged."""

    def gives_up(db: Connection) -> None:
        raw(db).execute("ROLLBACK")
        raise OSError("disk full")

    gate, holding = await held(database)
    jobs = (put("before"), gives_up, put("after"))
    waiting = [asyncio.create_task(database.write(job)) for job in jobs]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Unknown, Unknown, Unknown]
    assert await database.read(facts) <= {"after"}
    assert await database.write(put("b")) == "b"


async def test_a_caller_who_gives_up_disturbs_nobody(database: Database) -> None:
    gate, holding = await held(database)
    hasty, patient = (asyncio.create_task(database.write(put(name))) for name in "ab")
    await asyncio.sleep(0)
    hasty.cancel()
    gate.opened.set()
    await asyncio.gather(holding, patient)
    assert await database.read(facts) == {"a", "b"}


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError):
        await database.read(put("a"))


async def test_the_writer_is_durable_and_erases(database: Database) -> None:
    def pragmas(db: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete")
        return {name: db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    assert await database.write(pragmas) == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "busy_timeout": 5_000,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


async def test_deleted_rows_are_nowhere_on_disk_after_a_checkpoint(
    database: Database, folder: Path
) -> None:
    canary = "canary-8c1f0a"
    await database.write(put("a", canary))
    assert canary.encode() in b"".join(file.read_bytes() for file in folder.glob("main.db*"))
    await database.write(lambda db: db.execute(text("DELETE FROM facts WHERE name='a'")))
    await database.checkpoint()
    assert canary.encode() not in b"".join(file.read_bytes() for file in folder.glob("main.db*"))
    assert await database.write(put("b")) == "b"


async def test_the_file_belongs_to_one_process(database: Database, folder: Path) -> None:
    url = f"sqlite:///{folder}/main.db"
    with pytest.raises(DatabaseInUse):
        Database.open(url, rows=Row)
    with pytest.raises(DatabaseInUse):
        migrate(url, "main")
    program = (
        "import sys\nfrom sessions.database import Database, DatabaseInUse\n"
        "from sessions.models import Row\n"
        "try: Database.open(sys.argv[1], rows=Row)\nexcept DatabaseInUse: print('in use')"
    )
    other = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, url], capture_output=True, text=True
    )
    assert other.stdout == "in use\n", other.stderr
    await database.close()
    again = Database.open(url, rows=Row)
    await again.close()


async def test_only_the_owner_can_read_the_files(database: Database, tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/new/main.db", "main")
    fresh = Database.open(f"sqlite:///{tmp_path}/new/main.db", rows=Row)
    await fresh.write(put("a"))
    files = list((tmp_path / "new").iterdir())
    await fresh.close()
    assert len(files) == 4  # the database, its log, the log's index, our lock
    assert {stat.S_IMODE(file.stat().st_mode) for file in files if file.exists()} == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


async def test_closed_answers_unknown_and_closes_twice(database: Database) -> None:
    await database.close()
    await database.close()
    with pytest.raises(Unknown):
        await database.write(put("a"))


async def test_closing_finishes_what_was_ordered(folder: Path) -> None:
    url = f"sqlite:///{folder}/main.db"
    database = Database.open(url, rows=Row)
    writes = [asyncio.create_task(database.write(put(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert len(await asyncio.gather(*writes)) == 20


def test_an_empty_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="migrate"):
        Database.open(f"sqlite:///{tmp_path}/empty.db", rows=KeyRow)
    migrate(f"sqlite:///{tmp_path}/empty.db", "keys")  # the lock was given back
    Database.open(f"sqlite:///{tmp_path}/empty.db", rows=KeyRow).close_now()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(Exception, match=r"SQLite file|parse"):
        path_of(url)


@pytest.mark.parametrize(
    ("version", "warned"),
    [
        ((3, 40, 1), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_an_old_sqlite_is_named_at_start(
    version: tuple[int, int, int],
    warned: bool,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with caplog.at_level(logging.WARNING):
        Database.open(f"sqlite:///{folder}/main.db", rows=Row).close_now()
    assert ("3.51.3" in caplog.text) is warned


def test_a_server_gets_limits_that_the_url_may_change() -> None:
    given = server_url("postgresql://a:secret@db/visavis?connect_timeout=9&options=-c%20geqo%3Doff")
    assert given.drivername == "postgresql+psycopg"
    assert given.query["connect_timeout"] == "9"
    assert given.query["target_session_attrs"] == "primary"
    assert "synchronous_commit=on" in given.query["options"]
    assert str(given.query["options"]).endswith("-c geqo=off")
    assert "secret" not in str(given)
    with pytest.raises(ValueError, match="named"):
        server_url("postgresql://a@db")
