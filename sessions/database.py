"""One database behind one small interface: a SQLite file, or a PostgreSQL server for many nodes.

The only place that chooses. Nobody above knows which it is, except for the two statements that
append to the log.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

import psycopg
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase

from sessions.postgres import PostgresDatabase, server_url
from sessions.sqlite import DatabaseInUse, SqliteDatabase, path_of

__all__ = ["TROUBLE", "Database", "DatabaseInUse", "expect_url"]

T = TypeVar("T")
A = TypeVar("A")

TROUBLE: Final = (sqlite3.Error, psycopg.Error, DBAPIError)  # what either may raise by itself


def expect_url(url: str) -> str:
    """The URL, if it names a database that can be opened; else ValueError, in plain words."""
    try:
        on_server = make_url(url).get_backend_name() == "postgresql"
    except ArgumentError:
        raise ValueError("expected sqlite:///file or postgresql://user@host/database") from None
    if on_server:
        server_url(url)
    else:
        path_of(url)
    return url


class Database(Protocol):
    """Everything that writes passes through `write` or `write_together`."""

    @staticmethod
    def open(url: str, *, rows: type[DeclarativeBase]) -> "Database":
        """Open a migrated database.

        Raises DatabaseInUse if another process holds the file, LookupError if tables of `rows`
        are missing, ConnectionError if the server is not reached.
        """
        if make_url(url).get_backend_name() == "postgresql":
            return PostgresDatabase.open(url, rows=rows)
        return SqliteDatabase.open(url, rows=rows)

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a thread that writes, in a transaction; returns after the commit.

        What it raises undoes this job alone and is raised here. Unknown: whether it was committed
        is not known, or not in time. A job may be run again, so that it changes nothing but rows;
        and before it decides by what a row says, it locks that row, for other nodes write too.
        """

    def write_together(
        self,
        job: Callable[[Connection, Sequence[A]], Sequence[T | Exception]],
        argument: A,
        *,
        deadline_seconds: float | None = None,
    ) -> Awaitable[T]:
        """Like `write`, for a job that answers many callers' arguments at once, in their order."""

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on a reader, which sees one consistent, committed state."""

    def read_now(self, job: Callable[[Connection], T]) -> T:
        """`read` without an event loop, for start-up and the command line."""

    async def checkpoint(self) -> None:
        """See that what was deleted is not left lying about, as far as the database can.

        Raises TimeoutError when readers stood in the way.
        """

    async def close(self) -> None:
        """Finish what was ordered, then close; readers first."""

    def close_now(self) -> None:
        """`close` without an event loop."""
