"""One database: a single writer thread with natural group commit, and readers beside it.

The one place that knows the dialect. It knows no table, and nothing of keys or events. SQLite
only has one writer anyway; giving it a thread of its own makes the order of writes plain.
"""

import asyncio
import fcntl
import itertools
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import DeclarativeBase

from sessions.events import Unknown

T = TypeVar("T")
A = TypeVar("A")

MAX_BATCH: Final = 256
READERS: Final = 2
BUSY_MS: Final = 5_000
# https://sqlite.org/wal.html#walresetbug
_REPAIRED: Final = ((3, 44, 6), (3, 50, 7))

_log = logging.getLogger(__name__)


class DatabaseInUse(Exception):
    """Another process holds this database; SQLite may have only one here."""


@dataclass(frozen=True, slots=True)
class _Order:
    """One caller's wish; neighbours with the same `job` are carried out in one call."""

    job: Callable[[Connection, Sequence[Any]], Sequence[Any]]
    argument: Any
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Database:
    """A database file. Everything that writes passes through `write` or `write_together`."""

    def __init__(self, path: Path, lock: int) -> None:
        self._lock = lock
        self._path = path
        self._writer = _engine(path)
        self._readers = _engine(path, query_only=True)
        self._connection = self._writer.connect()
        # Its transactions are begun and ended on the raw connection: half the cost of an append.
        self._connection.begin()
        self._raw = raw(self._connection)
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"write {path.name}", daemon=True)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix=f"read {path.name}")
        self._thread.start()

    @classmethod
    def open(cls, url: str, *, rows: type[DeclarativeBase]) -> "Database":
        """Open a migrated database for this process alone.

        Raises DatabaseInUse if another holds it, LookupError if tables of `rows` are missing.
        """
        path = path_of(url)
        _warn_of_old_sqlite()
        lock = _take(path)
        try:
            database = cls(path, lock)
        except BaseException:
            os.close(lock)
            raise
        missing = database.read_now(_tables_missing_from(rows))
        if missing:
            database.close_now()
            raise LookupError(f"migrate {path.name} first; it lacks {', '.join(sorted(missing))}")
        return database

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in the writer thread, in a transaction it shares with its neighbours.

        What it raises undoes this job alone and is raised here. Unknown: the commit failed.
        """
        return await self.write_together(_each_alone, job)

    async def write_together(
        self, job: Callable[[Connection, Sequence[A]], Sequence[T | Exception]], argument: A
    ) -> T:
        """Like `write`, for a job that answers many callers' arguments at once, in their order."""
        if self._closed:
            raise Unknown("the database is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._orders.put(_Order(job, argument, answer, loop))
        return await answer

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on a reader, which sees one consistent, committed state."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, job)

    def read_now(self, job: Callable[[Connection], T]) -> T:
        """`read` without an event loop, for start-up and the command line."""
        with self._readers.connect() as connection, connection.begin():
            return job(connection)

    async def checkpoint(self) -> None:
        """Move the write-ahead log into the file, so that what was deleted is nowhere on disk.

        Raises TimeoutError when readers stood in the way for five seconds.
        """
        await self.write_together(_checkpoint, None)

    async def close(self) -> None:
        """Finish what was ordered, then close; readers first."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown()
        self._readers.dispose()
        self._orders.put(None)
        self._thread.join()
        self._connection.close()
        self._writer.dispose()
        os.close(self._lock)

    # ---- the writer thread

    def _run(self) -> None:
        while orders := self._next():
            _answer(orders, self._carry_out(orders))

    def _next(self) -> list[_Order]:
        """Whatever has been ordered meanwhile, waiting only for the first; empty at the end."""
        first = self._orders.get()
        if first is None:
            return []
        orders = [first]
        while len(orders) < MAX_BATCH:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            if order is None:
                self._orders.put(None)
                break
            orders.append(order)
        return orders

    def _carry_out(self, orders: list[_Order]) -> list[Any]:
        """One transaction for all. If it does not commit, nobody can say more than Unknown."""
        answers: list[Any] = []
        try:
            self._raw.execute("BEGIN IMMEDIATE")
            for job, group in itertools.groupby(orders, key=lambda order: order.job):
                answers += _together(self._connection, job, [o.argument for o in group])
            if not self._raw.in_transaction:  # SQLite gives up by itself when the disk is full
                raise sqlite3.OperationalError("the transaction was rolled back")
            self._raw.commit()
        except Exception as reason:
            _log.exception("a batch of %d writes was not committed", len(orders))
            self._raw.rollback()  # SQLite leaves a transaction open whose COMMIT it refused
            return [Unknown(str(reason)) for _ in orders]
        if any(order.job is _checkpoint for order in orders):
            outcome = self._truncate()
            return [
                outcome if order.job is _checkpoint else answer
                for order, answer in zip(orders, answers, strict=True)
            ]
        return answers

    def _truncate(self) -> Exception | None:
        try:
            busy, _, _ = self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as reason:
            return reason
        return TimeoutError("readers kept the write-ahead log") if busy else None


def raw(connection: Connection) -> sqlite3.Connection:
    """What lies under an SQLAlchemy connection, for the few statements that must be fast."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def path_of(url: str) -> Path:
    """The file behind `sqlite:///…`; ValueError for anything else."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise ValueError("the database must be a SQLite file: sqlite:///path")
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
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(f"PRAGMA query_only={int(query_only)}")

    if query_only:

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

    return engine


def _tables_missing_from(rows: type[DeclarativeBase]) -> Callable[[Connection], set[str]]:
    def missing(connection: Connection) -> set[str]:
        there = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
        return set(rows.metadata.tables) - set(there.scalars())

    return missing


def _warn_of_old_sqlite() -> None:
    version = sqlite3.sqlite_version_info
    backported = any(version[:2] == fixed[:2] and version >= fixed for fixed in _REPAIRED)
    if version < (3, 51, 3) and not backported:
        _log.warning(
            "SQLite %s can damage a database that two connections write at once (fixed in 3.51.3);"
            " here only one writes, so never open the file with another program meanwhile",
            sqlite3.sqlite_version,
        )


def _together(
    connection: Connection,
    job: Callable[[Connection, Sequence[Any]], Sequence[Any]],
    arguments: list[Any],
) -> Sequence[Any]:
    """Carry out neighbours in one call; if that fails, each alone, so that one harms no other."""
    if job is _each_alone:
        return _each_alone(connection, arguments)
    try:
        with _undone_on_error(raw(connection)):
            return job(connection, arguments)
    except Exception as reason:
        if len(arguments) == 1:
            return [reason]
        return [_together(connection, job, [argument])[0] for argument in arguments]


def _each_alone(
    connection: Connection, jobs: Sequence[Callable[[Connection], T]]
) -> list[T | Exception]:
    answers: list[T | Exception] = []
    for job in jobs:
        try:
            with _undone_on_error(raw(connection)):
                answers.append(job(connection))
        except Exception as reason:
            answers.append(reason)
    return answers


@contextmanager
def _undone_on_error(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("SAVEPOINT job")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK TO job")
        db.execute("RELEASE job")
        raise
    db.execute("RELEASE job")


def _checkpoint(_connection: Connection, arguments: Sequence[None]) -> list[Exception | None]:
    """Marks an order for after the commit; SQLite cannot do it inside a transaction."""
    return list(arguments)


def _answer(orders: list[_Order], answers: list[Any]) -> None:
    pairs = list(zip(orders, answers, strict=True))
    for loop in {order.loop for order in orders}:
        mine = [(order.answer, answer) for order, answer in pairs if order.loop is loop]
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:  # that loop is closed: nobody waits any more
            _log.debug("%d answers found nobody waiting", len(mine))


def _resolve(pairs: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in pairs:
        if future.done():  # its caller gave up
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
