"""Counting without people: what is counted, and once; who is not; what is said of it, and when."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from sessions.accounts import Accounts
from sessions.counted import (
    HERE,
    Count,
    Facts,
    Metric,
    Stretch,
    closes_ms,
    counts_of,
    screen_of,
    visit_of,
)
from sessions.database import Database
from sessions.events import Envelope, Epoch, Role, SessionId, State, new_event_id, sender_of
from sessions.handovers import Handovers
from sessions.keys import Keys
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.models import CounterRow, FileRow, NoisedRow, Row, SessionRow
from sessions.publishing import K
from sessions.statistics import COUNTED_FOR_MS, KEPT_DAYS, PUBLISHED_AFTER_MS, Sheet, Statistics
from sessions.succession import Successions
from tests.unit.sessions.conftest import Now

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONDAY = date(2026, 11, 30)
TEN = round(datetime(2026, 11, 30, 10, 7, tzinfo=HERE).timestamp() * 1_000)
NAME = Name("Wilhelmine", "Unverkennbar")


@pytest.fixture
def statistics(database: Database, now: Now) -> Statistics:
    now.ms = TEN
    return Statistics(database, now_ms=now)


async def call(lifecycle: Lifecycle, *, to_count: bool = True) -> SessionId:
    started = await lifecycle.start(
        name=NAME, topic="claim", language="de", request=new_event_id().encode(), to_count=to_count
    )
    return started.session


async def given_up(lifecycle: Lifecycle, *, to_count: bool = True) -> None:
    await lifecycle.end(await call(lifecycle, to_count=to_count), "abandoned")


async def counters(database: Database) -> dict[tuple[str, str, str], int]:
    """The whole table."""
    rows = await database.read(lambda db: db.execute(select(CounterRow.__table__)).all())
    return {(row.day, row.metric, row.cell): row.times for row in rows}


async def put(database: Database, *rows: tuple[date, Metric, str, int]) -> None:
    """As many sessions would have left it."""
    filled = [
        {"day": day.isoformat(), "metric": metric.value, "cell": cell, "times": count}
        for day, metric, cell, count in rows
    ]
    await database.write(lambda db: db.execute(insert(CounterRow), filled).close())


# ---- where one session counts


def facts(**given: Any) -> Facts:
    usual: dict[str, Any] = {
        "created_ms": TEN, "accepted_ms": TEN + 60_000, "ended_ms": TEN + 21 * 60_000,
        "kinds": {"participant.joined", "chat.message"}, "file_bytes": 0,
    }  # fmt: skip
    return Facts(**{**usual, **given})


def test_where_a_talk_counts() -> None:
    """OB-12: each metric in its stretch, by numbers, times and kinds of events."""
    assert set(counts_of(facts())) == {
        ("2026-11-30", "calls", "all"), ("2026-11-30", "outcome", "answered"),
        ("2026-11-30", "length", "15-30"), ("2026-11-30", "chat", "used"),
        ("2026-11-30", "files", "unused"), ("2026-11-30", "board", "unused"),
        ("2026-11-01", "begun", "10:00"), ("2026-11-01", "ended", "10:15"),
    }  # fmt: skip
    with_files = counts_of(facts(kinds={"file.shared", "board.led"}, file_bytes=12_000_000))
    assert {("2026-11-30", "files", "used"), ("2026-11-30", "board", "used"),
            ("2026-11-30", "bytes", "10-100")} < set(with_files)  # fmt: skip
    assert {count.metric for count in counts_of(facts(accepted_ms=None))} == {
        "calls", "outcome", "begun", "ended"
    }  # fmt: skip


@given(
    created_ms=st.integers(0, 4 * 10**12),
    waited_ms=st.none() | st.integers(0, 10**8),
    talked_ms=st.integers(0, 10**8),
    kinds=st.sets(st.sampled_from(["chat.message", "board.changed", "file.shared", "x"])),
    file_bytes=st.integers(0, 10**12),
)
def test_a_session_is_in_one_cell_of_a_metric_at_most(
    created_ms: int, waited_ms: int | None, talked_ms: int, kinds: set[str], file_bytes: int
) -> None:
    """OB-12: bounded contribution, and every cell is of the closed table."""
    accepted_ms = None if waited_ms is None else created_ms + waited_ms
    ended_ms = (accepted_ms or created_ms) + talked_ms
    counts = counts_of(Facts(created_ms, accepted_ms, ended_ms, kinds, file_bytes))
    assert len({count.metric for count in counts}) == len(counts)
    for count in counts:
        metric, first = Metric(count.metric), date.fromisoformat(count.day)
        assert count.cell in metric.cells
        assert metric.stretch.first(first) == first
        assert first <= datetime.fromtimestamp(ended_ms / 1_000, HERE).date()
        assert ended_ms < closes_ms(metric, first)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(Stretch))
def test_stretches_follow_without_a_gap(day: date, stretch: Stretch) -> None:
    first, following = stretch.first(day), stretch.next(day)
    assert first <= day < following
    assert stretch.first(following) == following
    assert stretch.first(following - timedelta(days=1)) == first


def test_no_place_for_anything_about_a_person() -> None:
    """OB-12, OB-13, OB-34: the tables have a day, two words of closed lists, and a number; what
    counting is given has no field for an id or a text.
    """
    for row in (CounterRow, NoisedRow):
        columns = {column.name: column for column in row.__table__.columns}
        assert set(columns) == {"day", "metric", "cell", "times"}
        assert all(columns[name].type.length == 10 for name in ("day", "metric", "cell"))  # type: ignore[attr-defined]
        assert not row.__table__.foreign_keys
    assert set(Facts.__annotations__) == {
        "created_ms", "accepted_ms", "ended_ms", "kinds", "file_bytes", "goes_on",
    }  # fmt: skip
    for metric in Metric:
        assert all(len(word) <= 10 for word in (metric.value, *metric.cells))
        assert len(set(metric.cells)) == len(metric.cells)
    assert visit_of(TEN) == Count("2026-11-30", "visits", "all")
    assert screen_of(TEN) == Count("2026-11-30", "screen", "used")


# ---- counting


async def test_a_talk_is_counted_once_it_is_over(
    database: Database, lifecycle: Lifecycle, log: Log, accounts: Accounts, now: Now,
    statistics: Statistics,
) -> None:  # fmt: skip
    """OB-12: out of the log's kinds and the sizes of its files, without opening anything."""
    session = await call(lifecycle)
    account = await accounts.add(
        "anna", display_name="Anna", title="", role=Role.ADVISOR, password_hash="x"
    )  # fmt: skip
    seat = await lifecycle.advisor_seat(session, account.id, prepare=True)
    now.ms += 60_000
    for kind in ("session.accepted", "chat.message", "board.led"):
        sender = sender_of(seat.participant)
        event = Envelope(session, sender, new_event_id(), kind, Epoch(1), b"sealed")
        await log.append(event, account=account.id if kind == "session.accepted" else None)
    await database.write(lambda db: db.execute(insert(FileRow), _file(session)).close())
    assert await statistics.count() == 0, "it is not over yet"
    now.ms += 50 * 60_000
    await lifecycle.end(session, "hung_up")
    assert await statistics.count() == 1
    assert await counters(database) == dict.fromkeys(
        (
            ("2026-11-30", "calls", "all"), ("2026-11-30", "outcome", "answered"),
            ("2026-11-30", "length", "30-60"), ("2026-11-30", "chat", "used"),
            ("2026-11-30", "board", "used"), ("2026-11-30", "files", "unused"),
            ("2026-11-30", "bytes", "1-10"),
            ("2026-11-01", "begun", "10:00"), ("2026-11-01", "ended", "10:45"),
        ),
        1,
    )  # fmt: skip


def _file(session: SessionId) -> dict[str, Any]:
    return {
        "id": "ab" * 16, "session_id": session, "participant": "cd" * 8, "epoch": 1,
        "size": 2_000_000, "stored": 2_000_000, "state": "whole", "created_ms": 1,
        "held_until_ms": 0,
    }  # fmt: skip


async def test_whoever_objects_is_in_no_counter(
    database: Database, lifecycle: Lifecycle, statistics: Statistics
) -> None:
    """OB-35: and afterwards nobody can tell who objected from who was counted."""
    for _ in range(3):
        await given_up(lifecycle, to_count=False)
    assert await statistics.count() == 0
    assert await counters(database) == {}
    await given_up(lifecycle)
    assert await statistics.count() == 1
    assert (await counters(database))["2026-11-30", "calls", "all"] == 1
    marks = select(SessionRow.to_count)
    assert await database.read(lambda db: set(db.scalars(marks))) == {False}


@pytest.mark.parametrize("to_count", [True, False])
async def test_an_objection_holds_in_the_session_that_goes_on(
    to_count: bool, database: Database, lifecycle: Lifecycle, log: Log, keys: Keys, now: Now,
    statistics: Statistics,
) -> None:  # fmt: skip
    """OB-35: the advisor vanished, and the prospect waits anew without being asked again."""
    session = await call(lifecycle, to_count=to_count)
    accepted = update(SessionRow).values(state=State.ACTIVE, accepted_ms=now.ms)
    await database.write(lambda db: db.execute(accepted).close())
    now.ms += 60_000
    again = await Successions(
        lifecycle, log, keys, Handovers(database, keys, now_ms=now), now_ms=now
    ).again(session)
    await lifecycle.end(again.started.session, "abandoned")
    assert await statistics.count() == (2 if to_count else 0)


async def test_counted_once_whoever_counts_when_and_how_often(
    database: Database, lifecycle: Lifecycle, statistics: Statistics, now: Now
) -> None:
    """OB-12: two who count at once, again and again."""
    other = Statistics(database, now_ms=now)
    for _ in range(7):
        await given_up(lifecycle)
    done = await asyncio.gather(*(one.count() for one in (statistics, other, statistics, other)))
    assert sum(done) == 7
    assert await statistics.count() == 0
    assert (await counters(database))["2026-11-30", "calls", "all"] == 7


async def test_who_crashes_while_counting_has_counted_nothing(
    database: Database, lifecycle: Lifecycle, statistics: Statistics
) -> None:
    """OB-12: counters and marks share one fate."""
    await given_up(lifecycle)

    def killed(db: Connection) -> None:
        assert statistics._count_some(db) == 1
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await database.write(killed)
    assert await counters(database) == {}
    assert await statistics.count() == 1
    assert (await counters(database))["2026-11-30", "outcome", "gave_up"] == 1


async def test_visits_are_added_up_and_written_together(
    database: Database, statistics: Statistics, now: Now
) -> None:
    """OB-34: two visits of one browser cannot be told from one of each of two."""
    now.ms = closes_ms(Metric.VISITS, MONDAY) - 1
    for _ in range(3):
        statistics.visit()
    now.ms += HOUR_MS
    statistics.visit()
    assert await counters(database) == {}
    await statistics.count()
    await statistics.count()
    assert await counters(database) == {
        ("2026-11-30", "visits", "all"): 3, ("2026-12-01", "visits", "all"): 1,
    }  # fmt: skip


async def test_screens_are_counted_by_the_week_and_shown_from_k_on(
    database: Database, statistics: Statistics, now: Now
) -> None:
    """OB-12: of whoever says that a screen was shown nothing is kept but one more in the week; a
    number below K does not appear, and one that appears does so once the week is over.
    """
    monday, sunday = MONDAY, MONDAY + timedelta(days=6)
    for times in (K - 1, 1):
        for _ in range(times):
            statistics.screen()
            now.ms += HOUR_MS
        await statistics.count()
    assert await counters(database) == {("2026-11-30", "screen", "used"): K}
    over = closes_ms(Metric.SCREEN, monday) + PUBLISHED_AFTER_MS
    now.ms = over - 1
    assert await statistics.published(monday, sunday) == []
    now.ms = over
    assert await statistics.published(monday, sunday) == [Sheet(Metric.SCREEN, monday, {"used": K})]
    await put(database, (monday - timedelta(days=7), Metric.SCREEN, "used", K - 1))
    assert await statistics.published(monday - timedelta(days=7), monday) == []


# ---- what is said of it, and when


async def test_a_day_is_published_when_it_is_over_and_stays_as_it_was(
    database: Database, lifecycle: Lifecycle, statistics: Statistics, now: Now
) -> None:
    """OB-12: nobody sees a number grow with a call, not even one that is counted much too late."""
    for _ in range(12):
        await given_up(lifecycle)
    late = await call(lifecycle)
    await statistics.count()
    midnight = closes_ms(Metric.CALLS, MONDAY)
    now.ms = midnight - 1
    await lifecycle.end(late, "abandoned")
    now.ms = midnight + PUBLISHED_AFTER_MS - 1
    assert await statistics.published(MONDAY, MONDAY) == []
    now.ms += 1
    assert await statistics.published(MONDAY, MONDAY) == [Sheet(Metric.CALLS, MONDAY, {"all": 10})]
    assert await statistics.count() == 1
    assert (await counters(database))["2026-11-30", "calls", "all"] == 12
    assert COUNTED_FOR_MS < PUBLISHED_AFTER_MS


async def test_only_stretches_that_lie_within_are_published(
    database: Database, statistics: Statistics, now: Now
) -> None:
    now.ms += 90 * DAY_MS
    december = date(2026, 12, 1)
    await put(
        database,
        (MONDAY, Metric.CALLS, "all", 20),
        (MONDAY, Metric.CHAT, "used", 20), (MONDAY, Metric.CHAT, "unused", 11),
        (december, Metric.ENDED, "10:00", 20), (december, Metric.ENDED, "10:15", 30),
    )  # fmt: skip
    unheard_of = {"day": MONDAY.isoformat(), "metric": "moods", "cell": "all", "times": 99}
    await database.write(lambda db: db.execute(insert(CounterRow), unheard_of).close())

    async def named(first: date, last: date) -> set[Metric]:
        return {sheet.metric for sheet in await statistics.published(first, last)}

    assert await named(MONDAY, MONDAY) == {Metric.CALLS}
    assert await named(MONDAY, MONDAY + timedelta(days=5)) == {Metric.CALLS}
    assert await named(MONDAY, MONDAY + timedelta(days=6)) == {Metric.CALLS, Metric.CHAT}
    assert await named(december, date(2026, 12, 30)) == set()
    assert await named(december, date(2026, 12, 31)) == {Metric.ENDED}


async def test_what_is_given_away_is_noised_once(
    database: Database, statistics: Statistics, now: Now
) -> None:
    """OB-14: the budget is spent once. Asking often, by two at once, tells no more."""
    days = [MONDAY + timedelta(days=n) for n in range(20)]
    await put(database, *((day, Metric.CALLS, "all", 1_000) for day in days))
    now.ms += 40 * DAY_MS
    other = Statistics(database, now_ms=now)
    given = await asyncio.gather(
        *(one.given(days[0], days[-1]) for one in (statistics, other) for _ in range(4))
    )
    assert all(one == given[0] for one in given)
    assert await statistics.given(days[3], days[5]) == given[0][3:6]
    noised = await database.read(lambda db: list(db.scalars(select(NoisedRow.times))))
    assert len(noised) == 20
    assert len(set(noised)) > 1, "there is noise"


async def test_every_number_that_is_given_away_is_at_least_k(
    database: Database, statistics: Statistics, now: Now
) -> None:
    """OB-14: the k-check, also where noise would go below."""
    days = [MONDAY + timedelta(days=n) for n in range(60)]
    await put(database, *((day, Metric.CALLS, "all", K if n % 2 else K - 1)
                          for n, day in enumerate(days)))  # fmt: skip
    now.ms += 90 * DAY_MS
    sheets = await statistics.given(days[0], days[-1])
    assert [sheet.first for sheet in sheets] == days[1::2]
    assert all(count >= K and count % 5 == 0 for s in sheets for count in s.cells.values())


async def test_counters_are_forgotten(database: Database, statistics: Statistics, now: Now) -> None:
    """OB-49: after thirteen months at the latest, together with what was said of them."""
    await put(database, (MONDAY, Metric.CALLS, "all", 20))
    now.ms += 2 * DAY_MS
    await statistics.given(MONDAY, MONDAY)
    now.ms = TEN + KEPT_DAYS * DAY_MS
    await statistics.count()
    assert len(await counters(database)) == 1
    now.ms += DAY_MS
    await statistics.count()
    assert await counters(database) == {}
    noised = await database.read(lambda db: db.execute(select(NoisedRow.__table__)).all())
    assert noised == []


async def test_clocks_here_decide_what_a_day_is(statistics: Statistics) -> None:
    """Half past eleven at night in UTC is the next day in Berlin; and a day may have 23 hours."""
    at = round(datetime(2026, 11, 30, 23, 30, tzinfo=UTC).timestamp() * 1_000)
    assert visit_of(at).day == "2026-12-01"
    spring = date(2026, 3, 29)
    opens_ms = closes_ms(Metric.CALLS, spring - timedelta(days=1))
    assert closes_ms(Metric.CALLS, spring) - opens_ms == 23 * HOUR_MS


def test_nothing_else_refers_to_the_counters() -> None:
    """OB-34, KP-21: no key leads to them, and no column is in them and in another table as well."""
    for table in Row.metadata.tables.values():
        for key in table.foreign_keys:
            assert not key.target_fullname.startswith("statistics"), table.name
    counters = {"statistics", "statistics_noised"}
    others = [table for name, table in Row.metadata.tables.items() if name not in counters]
    assert len(others) > 10
    columns = {column.name for table in others for column in table.columns}
    assert {column.name for column in CounterRow.__table__.columns}.isdisjoint(columns)
