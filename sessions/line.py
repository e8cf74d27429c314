"""One connection to a database server, for one thread: made when needed, thrown away when broken.

Any thread may cut it, which wakes the one that waits for a server that has fallen silent. It
knows no job; it begins, commits, and tells what certainly did not happen from what may have.
"""

import os
import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from sessions.events import Unknown

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
# Connection trouble, a server that stops or starts, one that only reads: try another connection.
_SERVER_GONE: Final = ("08", "57P", "53300")
_ONLY_READS: Final = "25006"
_AGAIN: Final = ("40001", "40P01")  # somebody else was first; the next try sees what they did


class Lost(Exception):
    """Nothing was committed, and the same may well succeed with another try."""


class Line:
    def __init__(self, engine: Engine, *, reads: bool = False) -> None:
        self._engine = engine
        self._reads = reads
        self._changing = threading.Lock()
        self._connection: Connection | None = None
        self._handle: socket.socket | None = None
        self._busy_since: float | None = None
        self._failures = 0

    def carry_out(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a transaction of its own.

        What it raises undoes it and is raised here. Lost: nothing happened. Unknown: the server
        refused, or it is not known whether the commit took place.
        """
        connection = self._connected()
        self._busy_since = time.monotonic()
        try:
            return self._in_transaction(connection, job)
        finally:
            self._busy_since = None

    def pause_seconds(self) -> float:
        """How long to wait before the next try; longer with each failure, and never the same."""
        longest = min(FIRST_PAUSE_SECONDS * 2**self._failures, LONGEST_PAUSE_SECONDS)
        return random.uniform(longest / 2, longest)

    def stuck(self, seconds: float) -> bool:
        """Whether what is under way has been so for that long."""
        since = self._busy_since
        return since is not None and time.monotonic() - since >= seconds

    def cut(self) -> None:
        """Break the connection off, from any thread; whoever waits on it is told at once."""
        with self._changing, suppress(OSError):
            if self._handle is not None:
                self._handle.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """Be without a connection; the next job makes another."""
        with self._changing:
            connection, self._connection = self._connection, None
            handle, self._handle = self._handle, None
        if handle is not None:
            # First, so that saying goodbye cannot wait for a server that does not listen.
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()
        if connection is not None:
            with suppress(DBAPIError, psycopg.Error):
                connection.invalidate()
            connection.close()

    # ---- inside

    def _connected(self) -> Connection:
        if self._connection is not None:
            return self._connection
        try:
            connection = self._engine.connect()
        except (DBAPIError, psycopg.Error) as reason:
            self._failures = min(self._failures + 1, 16)
            raise Lost(f"the database cannot be reached: {plain(reason)}") from reason
        with self._changing:
            self._connection = connection
            if self._reads:  # a writer leaves it to the server whether it may
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            # A descriptor of our own: the driver may close its one, and the number be another's.
            self._handle = socket.socket(fileno=os.dup(driver(connection).fileno()))
        return connection

    def _in_transaction(self, connection: Connection, job: Callable[[Connection], T]) -> T:
        transaction = connection.begin()
        try:
            answer = job(connection)
        except Exception as reason:
            try:
                transaction.rollback()
            except Exception:
                self.drop()
            raise self._judged(reason) from reason
        try:
            if driver(connection).info.transaction_status is TransactionStatus.INERROR:
                # A job that hid an error; the server would say ROLLBACK to our COMMIT, politely.
                raise Unknown("the transaction was rolled back")
            transaction.commit()
        except Exception as reason:
            self.drop()
            raise Unknown(str(reason)) from reason
        self._failures = 0
        return answer

    def _judged(self, reason: Exception) -> Exception:
        """What the caller should hear instead."""
        error = reason.orig if isinstance(reason, DBAPIError) else reason
        if not isinstance(error, psycopg.Error):
            return reason
        state = error.sqlstate or ""
        demoted = state == _ONLY_READS and not self._reads
        if demoted or state.startswith(_SERVER_GONE) or self._is_broken():
            self._failures = min(self._failures + 1, 16)
            self.drop()
            return Lost(plain(error))
        if state in _AGAIN:
            return Lost(plain(error))
        if isinstance(error, psycopg.OperationalError):  # too slow, locked for long, disk full
            return Unknown(plain(error))
        return reason

    def _is_broken(self) -> bool:
        connection = self._connection
        return connection is None or connection.invalidated or driver(connection).closed


def driver(connection: Connection) -> psycopg.Connection:
    """What lies under an SQLAlchemy connection, for the few statements that must be fast."""
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def plain(reason: Exception) -> str:
    """What a driver complained of in one line, without the statement and its parameters."""
    error = reason.orig if isinstance(reason, DBAPIError) else reason
    return str(error).splitlines()[0] if str(error) else type(error).__name__
