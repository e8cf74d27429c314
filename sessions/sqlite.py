"""A SQLite file: a writer that is alone, readers beside it, and nobody else at the file.

It knows no table, and nothing of keys or events. SQLite has one writer at a time anyway; a thread
of its own makes that plain. What its methods promise is said in `database.py`.
"""

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import DeclarativeBase

from sessions.models import expect_tables
from sessions.writer import Writer, checkpoint, each_alone

T = TypeVar("T")
A = TypeVar("A")

READERS: Final = 2
BUSY_MS: Final = 5_000
CACHE_KIB: Final = 16_384
WAL_PAGES: Final = 16_000  # 64 MiB on disk, for writing a page that changes often once
# https://sqlite.org/wal.html#walresetbug
_REPAIRED: Final = ((3, 44, 6), (3, 50, 7))

_log = logging.getLogger(__name__)


class DatabaseInUse(Exception):
    """Another process holds this database; SQLite may have only one here."""


class SqliteDatabase:
    """A database file. Everything that writes passes through `write` or `write_together`."""

    def __init__(self, path: Path, lock: int) -> None:
        self._lock = lock
        self._writing = _engine(path)
        self._reading = _engine(path, query_only=True)
        self._writer = Writer(self._writing.connect(), path.name)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix=f"read {path.name}")
        self._closed = False

    @classmethod
    def open(cls, url: str, *, rows: type[DeclarativeBase]) -> "SqliteDatabase":
        """Open it for this process alone; raises DatabaseInUse if another holds it."""
        path = path_of(url)
        _warn_of_old_sqlite()
        lock = _take(path)
        try:
            database = cls(path, lock)
        except BaseException:
            os.close(lock)
            raise
        try:
            database.read_now(lambda db: expect_tables(db, rows, path.name))
        except BaseException:
            database.close_now()
            raise
        return database

    async def write(self, job: Callable[[Connection], T]) -> T:
        return await self._writer.order(each_alone, job)

    def write_together(
        self,
        job: Callable[[Connection, Sequence[A]], Sequence[T | Exception]],
        argument: A,
        *,
        deadline_seconds: float | None = None,
    ) -> Awaitable[T]:
        return self._writer.order(job, argument, deadline_seconds)

    async def read(self, job: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, job)

    def read_now(self, job: Callable[[Connection], T]) -> T:
        with self._reading.connect() as connection, connection.begin():
            return job(connection)

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the file, so that what was deleted is nowhere on disk.

        Raises TimeoutError when readers stood in the way for five seconds.
        """
        await self._writer.order(checkpoint, None)

    async def close(self) -> None:
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown()
        self._reading.dispose()
        self._writer.close()
        self._writing.dispose()
        os.close(self._lock)


def path_of(url: str) -> Path:
    """The file behind `sqlite:///…`; ValueError for anything else."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise ValueError("the database must be a SQLite file: sqlite:///path, or on PostgreSQL")
    return Path(str(parsed.database)).absolute()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file against every other process, for a migration; raises DatabaseInUse."""
    lock = _take(path)
    try:
        yield
    finally:
        os.close(lock)


def _take(path: Path) -> int:
    # Not on the database file itself: closing any descriptor of that would drop SQLite's locks.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DatabaseInUse(f"{path.name} is in use by another process") from None
    # SQLite gives its journal files the rights of the database.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return lock


def _engine(path: Path, *, query_only: bool = False) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        # We say BEGIN ourselves; and `open` connects in another thread than the writer's.
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=READERS,
        max_overflow=0,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        if not query_only:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # What a savepoint may have to undo stays in memory, not in a temporary file; and what is
        # written often is cached, and carried over into the file rarely.
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute(f"PRAGMA cache_size={-CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(f"PRAGMA query_only={int(query_only)}")

    if query_only:

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

    return engine


def repaired(version: tuple[int, ...]) -> bool:
    """Whether two connections that write at once cannot damage a file any more."""
    backported = any(version[:2] == fixed[:2] and version >= fixed for fixed in _REPAIRED)
    return version >= (3, 51, 3) or backported


def _warn_of_old_sqlite() -> None:
    if not repaired(sqlite3.sqlite_version_info):
        _log.warning(
            "SQLite %s can damage a database that two connections write at once (fixed in 3.51.3);"
            " here only one writes, so never open the file with another program meanwhile",
            sqlite3.sqlite_version,
        )
