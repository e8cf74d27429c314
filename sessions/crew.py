"""Threads that carry out orders on a database server, each on a line of its own.

Whoever orders gets an answer within a deadline, whatever the server and the driver do. It knows
no table and no job; an order that lost its connection before the commit is carried out again.
"""

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from sessions.events import Unknown
from sessions.line import Line, Lost

T = TypeVar("T")
A = TypeVar("A")

DEADLINE_SECONDS: Final = 5.0
# Shorter than a deadline, longer than the server's own limits: what takes so long has no server.
STUCK_SECONDS: Final = 4.0
MAX_WAITING: Final = 20_000
_CLOSING_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class _Order(NamedTuple):
    """One caller's wish; neighbours with the same `job` share a transaction, where they may."""

    job: Callable[[Connection, Sequence[Any]], Sequence[Any]]
    argument: Any
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    until: float

    @property
    def over(self) -> bool:
        return self.answer.done() or time.monotonic() > self.until


class Crew:
    def __init__(
        self, engine: Engine, name: str, *, threads: int, max_batch: int = 1,
        every_seconds: float = 0.0, reads: bool = False,
    ) -> None:  # fmt: skip
        self._name = name
        self._max_batch = max_batch
        self._every_seconds = every_seconds  # where several order, one batch in so long
        self._began = 0.0
        self._crowd = 0  # how many shared a batch; halves with each smaller one
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._closing = threading.Lock()  # no order may come to lie behind the end of the queue
        self._lines = [Line(engine, reads=reads) for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._run, args=(line,), name=f"{name} {n}", daemon=True)
            for n, line in enumerate(self._lines)
        ]
        for thread in self._threads:
            thread.start()

    async def order(
        self,
        job: Callable[[Connection, Sequence[A]], Sequence[T | Exception]],
        argument: A,
        deadline_seconds: float | None = None,
    ) -> T:
        """Have `job` carried out; returns after the commit.

        What it answers or raises for this argument is raised here. Unknown: whether it was
        committed is not known, or not in time.
        """
        seconds = DEADLINE_SECONDS if deadline_seconds is None else deadline_seconds
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._closing:
            if self._closed.is_set():
                raise Unknown("the database is closed")
            if self._orders.qsize() >= MAX_WAITING:
                raise Unknown("too much waits for the database already")
            self._orders.put(_Order(job, argument, answer, loop, time.monotonic() + seconds))
        late = loop.call_later(seconds, self._give_up, answer)
        try:
            return await answer
        finally:
            if not answer.cancelled():  # else it still looks after the line that kept it waiting
                late.cancel()

    def close(self) -> None:
        """Finish what was ordered, if the server still does its part; then be without lines."""
        with self._closing:
            if not self._closed.is_set():
                self._closed.set()
                for _ in self._threads:
                    self._orders.put(None)
        until = time.monotonic() + _CLOSING_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for line in self._lines:
            line.cut()
        for thread in self._threads:
            thread.join(_CLOSING_SECONDS)

    def _give_up(self, answer: asyncio.Future[Any]) -> None:
        if not answer.done():
            answer.set_exception(_too_late())
        for line in self._lines:
            if line.stuck(STUCK_SECONDS):
                _log.warning("a connection of %s fell silent and is cut", self._name)
                line.cut()

    # ---- in the threads

    def _run(self, line: Line) -> None:
        while orders := self._next():
            for _job, group in itertools.groupby(orders, key=lambda order: order.job):
                together = list(group)
                _tell(together, self._carry_out(line, together))
        line.drop()

    def _next(self) -> list[_Order]:
        """Whatever has been ordered meanwhile; empty at the end."""
        first = self._orders.get()
        self._let_others_come()
        orders = [] if first is None else [first]
        while orders and len(orders) < self._max_batch:
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

    def _let_others_come(self) -> None:
        """Whoever orders alone never waits, however fast."""
        wait = self._began + self._every_seconds - time.monotonic()
        if wait > 0 and self._crowd > 1:
            time.sleep(wait)
        self._began = time.monotonic()

    def _carry_out(self, line: Line, orders: list[_Order]) -> list[Any]:
        """An answer for each. One that spoils the transaction for its neighbours is left alone."""
        try:
            return self._patiently(line, orders)
        except Unknown as reason:
            return [Unknown(str(reason)) for _ in orders]
        except Exception as reason:
            if len(orders) == 1:
                return [reason]
        return [self._carry_out(line, [order])[0] for order in orders]

    def _patiently(self, line: Line, orders: list[_Order]) -> list[Any]:
        """Again after each loss, for those whose callers still wait."""
        job, tries = orders[0].job, 0
        while waiting := [order for order in orders if not order.over]:
            arguments = [order.argument for order in waiting]
            try:
                answers = line.carry_out(lambda db: job(db, arguments))  # noqa: B023
            except Lost as reason:
                tries += 1
                if tries == 2:  # the first may have been a connection that nobody had used for long
                    _log.warning("%s tries again until its deadline: %s", self._name, reason)
                if self._closed.wait(line.pause_seconds()):
                    raise Unknown(str(reason)) from reason
            else:
                known = dict(zip(map(id, waiting), answers, strict=True))
                return [known.get(id(order), _too_late()) for order in orders]
        return [_too_late() for _ in orders]


def _too_late() -> Unknown:
    """A new one for each, since whoever raises one adds to it."""
    return Unknown("the database did not answer in time")


def _tell(orders: list[_Order], answers: list[Any]) -> None:
    pairs = list(zip(orders, answers, strict=True))
    for loop in {order.loop for order in orders}:
        mine = [(order.answer, answer) for order, answer in pairs if order.loop is loop]
        with suppress(RuntimeError):  # that loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(pairs: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in pairs:
        if future.done():  # its caller gave up
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
