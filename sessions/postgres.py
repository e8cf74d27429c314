"""A PostgreSQL server that many nodes share: threads that append, write and read, none waited for.

It knows no table, and nothing of keys or events. What its methods promise is said in
`database.py`; that each answers within seconds is the work of `crew.py`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool

from sessions.crew import Crew
from sessions.line import plain
from sessions.models import expect_tables

T = TypeVar("T")
A = TypeVar("A")

WRITERS: Final = 3
READERS: Final = 3
MAX_BATCH: Final = 256
# Whoever appends alone never waits. Under load, fewer and larger batches cost half the work on
# every node, and the longest delivery gets shorter, not longer: measured, `python -m tests.bench`.
APPENDS_EVERY_SECONDS: Final = 0.010
# What libpq is told unless the URL says otherwise. A server behind a broken network is noticed
# by unanswered bytes; one whose network swallows them politely, by our own deadlines.
_LIBPQ: Final = {
    "connect_timeout": "2",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "4000",
    "target_session_attrs": "primary",
    "application_name": "visavis",
}
# Acknowledged means durable, whatever the server's default; and the server gives up before we do.
_SERVER: Final = {
    "synchronous_commit": "on",
    "lock_timeout": "2000",
    "statement_timeout": "3000",
    "idle_in_transaction_session_timeout": "10000",
}


class PostgresDatabase:
    """Appends share one line and its commits; other writes have a transaction each."""

    def __init__(self, url: str) -> None:
        address = server_url(url)
        name = str(address.database)
        # Each thread keeps a line of its own; and no error quotes what was to be written.
        self._engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
        self._appends = Crew(
            self._engine, f"append {name}",
            threads=1, max_batch=MAX_BATCH, every_seconds=APPENDS_EVERY_SECONDS,
        )  # fmt: skip
        self._writes = Crew(self._engine, f"write {name}", threads=WRITERS)
        self._reads = Crew(self._engine, f"read {name}", threads=READERS, reads=True)

    @classmethod
    def open(cls, url: str, *, rows: type[DeclarativeBase]) -> "PostgresDatabase":
        """Open it, beside whoever else has."""
        database = cls(url)
        try:
            database.read_now(lambda db: expect_tables(db, rows, str(make_url(url).database)))
        except BaseException:
            database.close_now()
            raise
        return database

    async def write(self, job: Callable[[Connection], T]) -> T:
        return await self._writes.order(_alone, job)

    def write_together(
        self,
        job: Callable[[Connection, Sequence[A]], Sequence[T | Exception]],
        argument: A,
        *,
        deadline_seconds: float | None = None,
    ) -> Coroutine[Any, Any, T]:
        return self._appends.order(job, argument, deadline_seconds)

    async def read(self, job: Callable[[Connection], T]) -> T:
        return await self._reads.order(_alone, job)

    def read_now(self, job: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection, connection.begin():
                return job(connection)
        except DBAPIError as reason:
            if isinstance(reason.orig, psycopg.OperationalError):
                raise ConnectionError(f"the database does not answer: {plain(reason)}") from None
            raise

    async def checkpoint(self) -> None:
        """Nothing that we could do: the server cleans up behind itself; see deploy/README."""

    async def close(self) -> None:
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        for crew in (self._reads, self._writes, self._appends):
            crew.close()


def server_url(url: str) -> URL:
    """The URL with our driver, and with what libpq should know; ValueError without a database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql" or not parsed.database:
        raise ValueError("the database must be named: postgresql://user@host/database")
    settings = " ".join(f"-c {name}={value}" for name, value in _SERVER.items())
    options = f"{settings} {parsed.query.get('options', '')}".strip()
    known = {**_LIBPQ, **parsed.query, "options": options}
    return parsed.set(drivername="postgresql+psycopg", query=known)


def _alone(db: Connection, jobs: Sequence[Callable[[Connection], T]]) -> list[T | Exception]:
    return [job(db) for job in jobs]
