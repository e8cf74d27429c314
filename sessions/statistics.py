"""Statistics without people: counts sessions that are over, and says what may be seen of it.

A session is counted, and marked as counted, in one transaction: never twice, whoever crashes or
counts at the same time. A stretch of time is published after it is over, and never changes then.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, text, true, update

from sessions.append import KIND_OF_CODE
from sessions.clock import Clock, wall_clock_ms
from sessions.counted import Count, Facts, Metric, closes_ms, counts_of, day_of, screen_of, visit_of
from sessions.database import TROUBLE, Database
from sessions.events import SessionId, State, Unknown
from sessions.models import CounterRow, EventRow, FileRow, HandoverRow, NoisedRow, SessionRow
from sessions.publishing import K, noised, publishable, rounded

# An hour between them, for clocks of nodes that differ: what was published stays as it was.
COUNTED_FOR_MS: Final = 2 * 3_600_000
PUBLISHED_AFTER_MS: Final = 3 * 3_600_000
KEPT_DAYS: Final = 400
_AT_ONCE: Final = 200
_ADD: Final = text("""
INSERT INTO statistics (day, metric, cell, times) VALUES (:day, :metric, :cell, :more)
ON CONFLICT (day, metric, cell) DO UPDATE SET times = statistics.times + excluded.times""")
_NOISE: Final = text("""
INSERT INTO statistics_noised (day, metric, cell, times) VALUES (:day, :metric, :cell, :times)
ON CONFLICT DO NOTHING""")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What may be seen of one metric in one stretch: cells without a number are left out."""

    metric: Metric
    first: date
    cells: dict[str, int]


class Statistics:
    def __init__(self, database: Database, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._now_ms = now_ms
        self._told: Counter[Count] = Counter()  # by pages: of nobody, and of no session

    # ---- counting

    def visit(self) -> None:
        """Somebody looked at the start page; written with the next round, together with others."""
        self._told[visit_of(self._now_ms())] += 1

    def screen(self) -> None:
        """A screen was shown in a talk, says a page of it; written as visits are."""
        self._told[screen_of(self._now_ms())] += 1

    async def leave_out(self, session: SessionId) -> None:
        """Do not count this session; its prospect objects."""
        objected = update(SessionRow).where(SessionRow.id == session).values(to_count=False)
        await self._database.write(lambda db: db.execute(objected).close())

    async def count(self) -> int:
        """Count what is to be counted; how many sessions. Raises Unknown: no session is lost."""
        # Should this fail, what pages told is lost: better than to count it twice.
        told, self._told = self._told, Counter()
        if told:
            await self._database.write(lambda db: _add(db, told, self._now_ms()))
        counted = 0
        while more := await self._database.write(self._count_some):
            counted += more
        await self._database.write(self._forget)
        return counted

    async def close(self) -> None:
        """Count for the last time; what cannot be written now is left to others, or lost."""
        with suppress(Unknown, *TROUBLE):
            await self.count()

    def _count_some(self, db: Connection) -> int:
        over = (
            select(SessionRow.__table__)
            .where(SessionRow.to_count == true(), SessionRow.state == State.ENDED)
            .order_by(SessionRow.number)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True, key_share=True)  # another node has the others
        )
        rows = db.execute(over).all()
        if not rows:
            return 0
        counts = Counter(count for facts in _facts(db, rows) for count in counts_of(facts))
        _add(db, counts, self._now_ms())
        marked = update(SessionRow).where(SessionRow.number.in_([row.number for row in rows]))
        db.execute(marked.values(to_count=False)).close()
        return len(rows)

    def _forget(self, db: Connection) -> None:
        before = (day_of(self._now_ms()) - timedelta(days=KEPT_DAYS)).isoformat()
        for row in (CounterRow, NoisedRow):
            db.execute(delete(row).where(row.day < before)).close()

    # ---- publishing

    async def published(self, first: date, last: date) -> list[Sheet]:
        """For the house: every stretch that lies between these days and is over, rounded."""
        return [
            Sheet(sheet.metric, sheet.first, {cell: rounded(n) for cell, n in sheet.cells.items()})
            for sheet in await self._database.read(lambda db: self._sheets(db, first, last))
        ]

    async def given(self, first: date, last: date) -> list[Sheet]:
        """The same for others: with noise that is drawn once, so that asking often tells no more.

        Raises Unknown: ask again, and nothing is drawn twice.
        """

        def job(db: Connection) -> list[Sheet]:
            sheets = self._sheets(db, first, last)
            fresh = [
                {**_key(sheet, cell), "times": noised(count)}
                for sheet in sheets
                for cell, count in sheet.cells.items()
            ]
            if fresh:
                db.execute(_NOISE, fresh).close()
            told: dict[tuple[str, ...], int] = {
                (row.day, row.metric, row.cell): row.times
                for row in db.execute(_between(NoisedRow, first, last))
            }
            return [
                Sheet(
                    sheet.metric,
                    sheet.first,
                    {
                        cell: max(K, rounded(told[tuple(_key(sheet, cell).values())]))
                        for cell in sheet.cells
                    },
                )
                for sheet in sheets
            ]

        return await self._database.write(job)

    def _sheets(self, db: Connection, first: date, last: date) -> list[Sheet]:
        """Exact counts of what may be shown."""
        found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for row in db.execute(_between(CounterRow, first, last)):
            found[row.day, row.metric][row.cell] = row.times
        over_ms = self._now_ms() - PUBLISHED_AFTER_MS
        sheets = []
        for (day, name), counts in sorted(found.items()):
            metric, begins = Metric(name), date.fromisoformat(day)
            if closes_ms(metric, begins) > over_ms or metric.stretch.next(begins) > last + _DAY:
                continue
            if cells := publishable(counts, metric.cells):
                sheets.append(Sheet(metric, begins, cells))
        return sheets


_DAY: Final = timedelta(days=1)


def _between(row: type[CounterRow | NoisedRow], first: date, last: date) -> Any:
    return select(row.__table__).where(
        row.day.between(first.isoformat(), last.isoformat()),
        row.metric.in_([metric.value for metric in Metric]),  # a newer release may count more
    )


def _key(sheet: Sheet, cell: str) -> dict[str, str]:
    return {"day": sheet.first.isoformat(), "metric": sheet.metric.value, "cell": cell}


def _add(db: Connection, counts: Counter[Count], now_ms: int) -> None:
    """Sorted, so that two nodes never wait for each other. What comes too late is not counted."""
    rows = [
        {**count._asdict(), "more": more}
        for count, more in sorted(counts.items())
        if closes_ms(Metric(count.metric), date.fromisoformat(count.day)) + COUNTED_FOR_MS > now_ms
    ]
    if rows:
        db.execute(_ADD, rows).close()


def _facts(db: Connection, rows: Iterable[Row[Any]]) -> list[Facts]:
    """Kinds and sizes; what the events and the files say stays sealed."""
    rows = list(rows)
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    numbers = [row.number for row in rows]
    happened = select(EventRow.session_number, EventRow.kind).distinct()
    for number, kind in db.execute(happened.where(EventRow.session_number.in_(numbers))):
        kinds[number].add(KIND_OF_CODE[kind].name)
    ids = [row.id for row in rows]
    sizes = select(FileRow.session_id, func.sum(FileRow.size)).group_by(FileRow.session_id)
    whole = sizes.where(FileRow.session_id.in_(ids), FileRow.state == "whole")
    sizes_by_id = {id: int(size) for id, size in db.execute(whole)}
    handed = select(HandoverRow.session_id).where(HandoverRow.session_id.in_(ids))
    going_on = set(db.scalars(handed))
    return [
        Facts(
            created_ms=row.created_ms,
            accepted_ms=row.accepted_ms,
            ended_ms=row.ended_ms,
            kinds=kinds[row.number],
            file_bytes=sizes_by_id.get(row.id, 0),
            goes_on=row.id in going_on,
        )
        for row in rows
    ]
