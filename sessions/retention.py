"""Retention: how long what is kept, and erasing it when that is over.

A job that is killed has erased what it had erased, and the next one goes on. It does not know what
the periods are for; whoever sets them says so.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.erasure import Erasure
from sessions.events import Refused, SessionId, State
from sessions.holds import kinds_of
from sessions.models import SessionRow

DAY_MS: Final = 86_400_000
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Period:
    """So many days from the end of a session, or from the end of the year in which it ended."""

    days: int
    from_year_end: bool = False

    def over_ms(self, ended_ms: int) -> int:
        """When it is over for a session that ended then."""
        if self.from_year_end:
            year = datetime.fromtimestamp(ended_ms / 1_000, UTC).year
            ended_ms = calendar.timegm((year + 1, 1, 1, 0, 0, 0)) * 1_000
        return ended_ms + self.days * DAY_MS


@dataclass(frozen=True, slots=True)
class Periods:
    """Which session has which: nobody answered, or a talk, some topics apart."""

    unanswered: Period = Period(1)
    talk: Period = Period(30)
    topics: Mapping[str, Period] = field(default_factory=dict)

    def of(self, topic: str | None, *, answered: bool) -> Period:
        return self.topics.get(topic or "", self.talk) if answered else self.unanswered


@dataclass(frozen=True, slots=True)
class Due:
    """A session whose time is over; `held`: it may not be erased all the same."""

    session: SessionId
    topic: str | None
    answered: bool
    ended_ms: int
    due_ms: int
    held: bool


class Retention:
    def __init__(
        self,
        database: Database,
        erasure: Erasure,
        periods: Periods,
        *,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        self._database = database
        self._erasure = erasure
        self._periods = periods
        self._now_ms = now_ms

    async def due(self, by_ms: int | None = None) -> list[Due]:
        """Whose time is over by then, the longest first: what a run erases, unless it is held.

        By now, if no time is given.
        """
        by_ms = self._now_ms() if by_ms is None else by_ms
        found: list[Due] = []
        after = 0
        while page := await self._database.read(partial(self._page, after, by_ms)):
            found += [due for _, due in page if due.due_ms <= by_ms]
            after = page[-1][0]
        return sorted(found, key=lambda due: (due.due_ms, due.session))

    async def run(self) -> int:
        """Erase whatever is due and not held; how many sessions. Raises Unknown: run it again."""
        count = 0
        for due in await self.due():
            if not due.held:
                try:
                    await self._erasure.erase(due.session, cause="retention")
                except (Refused, LookupError):  # held, or erased, since we looked
                    continue
                count += 1
        return count

    def _page(self, after: int, by_ms: int, db: Connection) -> list[tuple[int, Due]]:
        ended = (
            select(SessionRow.__table__)
            .where(SessionRow.number > after, SessionRow.state == State.ENDED)
            .order_by(SessionRow.number)
            .limit(_AT_ONCE)
        )
        return [(row.number, self._due(db, row, by_ms)) for row in db.execute(ended).all()]

    def _due(self, db: Connection, row: Row[Any], by_ms: int) -> Due:
        session, answered = SessionId(row.id), row.accepted_ms is not None
        ended_ms, topic = row.ended_ms or 0, row.topic
        due_ms = self._periods.of(topic, answered=answered).over_ms(ended_ms)
        held = due_ms <= by_ms and bool(kinds_of(db, session))
        return Due(session, topic, answered, ended_ms, due_ms, held)
