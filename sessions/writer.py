"""The one thread that writes to a database, with natural group commit.

Whatever waits when it is ready shares one transaction, so that the cost of an fsync is shared
without a timer. It knows no table and no job; it begins, commits, and tells each caller.
"""

import asyncio
import itertools
import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from sessions.events import Unknown

T = TypeVar("T")
A = TypeVar("A")

MAX_BATCH: Final = 256
# When commits are shared by so many, the next one waits a moment for as many: that halves the
# pages written per event and the syscalls around them. Whoever writes alone never waits.
SIBLINGS: Final = 8
SIBLINGS_WAIT_SECONDS: Final = 0.001
KEPT: Final = "kept"  # see `Writer`
TICK_SECONDS: Final = 0.25  # by so much a deadline may be late

_log = logging.getLogger(__name__)


_Job = Callable[[Connection, Sequence[Any]], Sequence[Any]]
# One caller's wish: job, argument, answer, and the loop that waits for it. Neighbours with the same
# job are carried out in one call. A bare tuple, since one is made for every event.
_Order = tuple[_Job, Any, asyncio.Future[Any], asyncio.AbstractEventLoop]


@dataclass(slots=True)
class _Kept:
    """What a job keeps from one transaction to the next; None: it is nobody's any more."""

    job: _Job | None
    rows: dict[Any, Any] = field(default_factory=dict)


class _Caller:
    """A loop that orders, and one clock for all that it waits for: a timer for each order costs
    more than to put it into the queue, and hardly any is ever late."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        # By the time of the loop, in the order in which they were begun.
        self._until: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._ticking = False

    @property
    def is_here(self) -> bool:
        """Whether it calls now: a thread runs one loop at a time. Cheaper than to ask asyncio,
        which asks the system for the process id every time."""
        return self._thread == threading.get_ident() and self.loop.is_running()

    def expect(self, answer: asyncio.Future[Any], seconds: float) -> None:
        """Answer Unknown if nobody has answered until then."""
        self._until.append((self.loop.time() + seconds, answer))
        if not self._ticking:
            self._tick()

    def _tick(self) -> None:
        now = self.loop.time()
        for until, answer in self._until:
            if until <= now and not answer.done():
                answer.set_exception(Unknown("the database did not answer in time"))
        while self._until and self._until[0][1].done():
            self._until.popleft()
        self._ticking = bool(self._until)
        if self._ticking:
            self.loop.call_later(TICK_SECONDS, self._tick)


class Writer:
    """Owns the connection that writes, until it is closed.

    A job that has its transaction to itself finds a dictionary as `info[KEPT]` of its connection.
    It is empty, unless the last transaction was this job's alone, without an error, and was
    committed: what was kept there is still true, since nobody else can have written.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        # Transactions are begun and ended on the raw connection: half the cost of an append.
        connection.begin()
        self._raw = raw(connection)
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = False
        self._last_caller: _Caller | None = None
        self._crowd = 0  # by how many callers commits are shared; halves with each smaller one
        self._kept: _Kept | None = None  # by the last transaction
        self._closing = threading.Lock()  # no order may come to lie behind the end of the queue
        self._thread = threading.Thread(target=self._run, name=f"write {name}", daemon=True)
        self._thread.start()

    def order(
        self,
        job: Callable[[Connection, Sequence[A]], Sequence[T | Exception]],
        argument: A,
        deadline_seconds: float | None = None,
    ) -> asyncio.Future[T]:
        """Have `job` carried out, with its neighbours' arguments; answered after the commit.

        What it answers or raises for this argument is the answer. Unknown: the commit failed, or
        was not done in time.
        """
        caller = self._caller()
        answer: asyncio.Future[T] = caller.loop.create_future()
        with self._closing:
            if self._closed:
                raise Unknown("the database is closed")
            self._orders.put((job, argument, answer, caller.loop))
        if deadline_seconds is not None:
            caller.expect(answer, deadline_seconds)
        return answer

    def _caller(self) -> _Caller:
        last = self._last_caller
        if last is None or not last.is_here:
            last = self._last_caller = _Caller()
        return last

    def close(self) -> None:
        """Finish what was ordered, then close the connection."""
        with self._closing:
            self._closed = True
            self._orders.put(None)
        self._thread.join()
        self._connection.close()

    # ---- in the thread

    def _run(self) -> None:
        while orders := self._next():
            _tell(orders, self._carry_out(orders))

    def _next(self) -> list[_Order]:
        """Whatever has been ordered meanwhile; empty at the end."""
        first = self._orders.get()
        if first is None:
            return []
        if self._crowd >= SIBLINGS:
            time.sleep(SIBLINGS_WAIT_SECONDS)
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
        self._crowd = max(len(orders), self._crowd // 2)
        return orders

    def _carry_out(self, orders: list[_Order]) -> list[Any]:
        """One transaction for all. If it does not commit, nobody can say more than Unknown."""
        answers: list[Any] = []
        last, self._kept = self._kept, None
        kept: _Kept | None = None
        try:
            self._raw.execute("BEGIN IMMEDIATE")
            groups = [
                (job, [argument for _, argument, _, _ in group])
                for job, group in itertools.groupby(orders, key=itemgetter(0))
            ]
            job, arguments = groups[0]
            if len(groups) == 1 and len(arguments) > 1 and job is not each_alone:
                kept = last if last is not None and last.job == job else _Kept(job)
                answers += self._only(job, arguments, kept)
            else:
                for job, arguments in groups:
                    answers += _together(self._connection, job, arguments)
            if not self._raw.in_transaction:  # SQLite gives up by itself when the disk is full
                raise sqlite3.OperationalError("the transaction was rolled back")
            self._raw.commit()
            self._kept = kept
        except Exception as reason:
            _log.exception("a batch of %d writes was not committed", len(orders))
            self._raw.rollback()  # SQLite leaves a transaction open whose COMMIT it refused
            return [Unknown(str(reason)) for _ in orders]
        if any(job is checkpoint for job, *_ in orders):
            outcome = self._truncate()
            return [
                outcome if job is checkpoint else answer
                for (job, *_), answer in zip(orders, answers, strict=True)
            ]
        return answers

    def _only(
        self,
        job: Callable[[Connection, Sequence[Any]], Sequence[Any]],
        arguments: list[Any],
        kept: _Kept,
    ) -> Sequence[Any]:
        """A group that has the transaction to itself needs no savepoint, and no undo log."""
        self._connection.info[KEPT] = kept.rows
        try:
            return job(self._connection, arguments)
        except Exception:
            kept.job = None
            self._raw.rollback()
            self._raw.execute("BEGIN IMMEDIATE")
        finally:
            del self._connection.info[KEPT]
        return _together(self._connection, job, arguments)

    def _truncate(self) -> Exception | None:
        try:
            busy, _, _ = self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as reason:
            return reason
        return TimeoutError("readers kept the write-ahead log") if busy else None


def each_alone(
    connection: Connection, jobs: Sequence[Callable[[Connection], T]]
) -> list[T | Exception]:
    """A job for `order` that carries out jobs of one caller each; one undoes only itself."""
    answers: list[T | Exception] = []
    for job in jobs:
        try:
            with _undone_on_error(raw(connection)):
                answers.append(job(connection))
        except Exception as reason:
            answers.append(reason)
    return answers


def checkpoint(_connection: Connection, arguments: Sequence[None]) -> list[Exception | None]:
    """Marks an order for after the commit; SQLite cannot do it inside a transaction."""
    return list(arguments)


def raw(connection: Connection) -> sqlite3.Connection:
    """What lies under an SQLAlchemy connection, for the few statements that must be fast."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _together(
    connection: Connection,
    job: Callable[[Connection, Sequence[Any]], Sequence[Any]],
    arguments: list[Any],
) -> Sequence[Any]:
    """Carry out neighbours in one call; if that fails, each alone, so that one harms no other."""
    if job is each_alone:
        return each_alone(connection, arguments)
    try:
        with _undone_on_error(raw(connection)):
            return job(connection, arguments)
    except Exception as reason:
        if len(arguments) == 1:
            return [reason]
        return [_together(connection, job, [argument])[0] for argument in arguments]


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


def _tell(orders: list[_Order], answers: list[Any]) -> None:
    for loop in {loop for _, _, _, loop in orders}:
        mine = [
            (future, answer)
            for (_, _, future, its), answer in zip(orders, answers, strict=True)
            if its is loop
        ]
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
