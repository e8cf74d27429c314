"""What a batch keeps of the tables for the next one: never what is not true any more."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, text, update

from sessions.database import Database
from sessions.events import Envelope, Refused, Seq, SessionId, Unknown
from sessions.log import Log
from sessions.models import EventRow, SeatRow, SessionRow
from sessions.writer import MAX_BATCH, raw
from tests.unit.sessions.test_log import event, opened, seat, seqs

CROWD = 2 * MAX_BATCH + 50  # in three transactions at least
POISON = b"poison"


async def crowd(log: Log, said: list[Envelope]) -> list[Envelope | BaseException]:
    """Append all at once; the answers in the order of the events."""
    return await asyncio.gather(*map(log.append, said), return_exceptions=True)


async def logged(log: Log, session: SessionId) -> list[Envelope]:
    """All that is in the log."""
    found: list[Envelope] = []
    while page := await log.after(session, Seq(len(found))):
        found += page
    return found


def release(db: Connection, session: SessionId) -> None:
    db.execute(update(SeatRow).where(SeatRow.session_id == session).values(released_ms=1))


def end(db: Connection, session: SessionId) -> None:
    db.execute(update(SessionRow).where(SessionRow.id == session).values(state="ended"))


def turn_the_key(db: Connection, session: SessionId) -> None:
    db.execute(update(SessionRow).where(SessionRow.id == session).values(epoch=2))


def erase(db: Connection, session: SessionId) -> None:
    db.execute(delete(EventRow))
    db.execute(delete(SeatRow).where(SeatRow.session_id == session))
    db.execute(delete(SessionRow).where(SessionRow.id == session))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (release, "kind.state"),
        (end, "session.ended"),
        (turn_the_key, "epoch.wrong"),
        (erase, "session.ended"),
    ],
)
async def test_what_others_wrote_is_seen_by_the_next_batch(
    database: Database, log: Log, change: Callable[[Connection, SessionId], None], code: str
) -> None:
    [session] = await opened(database, state="active")
    who = await seat(database, session, "prospect")
    before = await crowd(log, [event(session, by=who) for _ in range(CROWD)])
    assert len(await logged(log, session)) == len(before)
    await database.write(lambda db: change(db, session))
    after = await crowd(log, [event(session, by=who) for _ in range(CROWD)])
    assert {str(answer) for answer in after if isinstance(answer, Refused)} == {code}
    assert not any(isinstance(answer, Envelope) for answer in after)


async def test_what_others_logged_is_counted(database: Database, log: Log) -> None:
    """One log for both: each goes on where the other stopped."""
    [session] = await opened(database)
    other = Log(database)
    for _ in range(2):
        for one in (log, other):
            answers = await crowd(one, [event(session) for _ in range(CROWD)])
            assert all(isinstance(answer, Envelope) for answer in answers)
        await database.write(lambda db: log.insert(db, event(session)))
    found = await logged(log, session)
    assert seqs(found) == list(range(1, 2 * (2 * CROWD + 1) + 1))


async def test_moving_on_within_a_batch_is_kept(database: Database, log: Log) -> None:
    [session] = await opened(database)
    said = [event(session) for _ in range(CROWD)]
    said[CROWD // 2] = event(session, "session.ended")
    answers = await crowd(log, said)
    assert seqs(a for a in answers if isinstance(a, Envelope)) == list(range(1, CROWD // 2 + 2))
    assert {str(a) for a in answers if isinstance(a, Refused)} == {"session.ended"}


@pytest.mark.parametrize("at", [0, MAX_BATCH // 2, MAX_BATCH + 10, CROWD - 1])
@pytest.mark.parametrize(
    "trouble", ["INSERT INTO promises VALUES ('nobody')", "SELECT RAISE(ABORT, 'no')"]
)
async def test_what_was_not_committed_is_forgotten(
    database: Database, log: Log, trouble: str, at: int
) -> None:
    """The commit fails, or the insert does. Whoever is answered is in the log, at that place."""
    promises = "CREATE TABLE promises (id REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)"
    poison = (
        f"CREATE TRIGGER poison AFTER INSERT ON events WHEN NEW.sealed = x'{POISON.hex()}'"
        f" BEGIN {trouble}; END"
    )
    await database.write(lambda db: [db.execute(text(t)) for t in (promises, poison)])
    [session] = await opened(database)
    said = [event(session) for _ in range(CROWD)]
    said[at] = said[at]._replace(sealed=POISON)
    answers = await crowd(log, said)
    assert isinstance(answers[at], Unknown)
    answers += await crowd(log, [event(session) for _ in range(CROWD)])
    found = await logged(log, session)
    assert seqs(found) == list(range(1, len(found) + 1))
    told = [answer for answer in answers if isinstance(answer, Envelope)]
    assert sorted(told, key=lambda e: e.seq or 0) == found


@pytest.mark.parametrize("at", [0, MAX_BATCH // 2, MAX_BATCH + 10, CROWD - 1])
async def test_what_was_undone_is_forgotten(database: Database, log: Log, at: int) -> None:
    """One that cannot be logged at all has its neighbours carried out again, one by one."""
    [session] = await opened(database)
    said = [event(session) for _ in range(CROWD)]
    said[at] = event(session, "chat.typing")
    answers = await crowd(log, said)
    assert isinstance(answers[at], ValueError)
    answers += await crowd(log, [event(session) for _ in range(CROWD)])
    found = await logged(log, session)
    assert seqs(found) == list(range(1, 2 * CROWD))
    told = [answer for answer in answers if isinstance(answer, Envelope)]
    assert sorted(told, key=lambda e: e.seq or 0) == found


async def test_a_crowd_looks_up_its_session_once(database: Database, log: Log) -> None:
    """The saving that all of the above is for."""
    [session] = await opened(database)
    statements: list[str] = []
    await database.write(lambda db: raw(db).set_trace_callback(statements.append))
    await crowd(log, [event(session) for _ in range(CROWD)])
    await database.write(lambda db: raw(db).set_trace_callback(None))
    assert sum(s.startswith("BEGIN") for s in statements) >= CROWD // MAX_BATCH
    assert sum("SELECT id, number" in s for s in statements) <= 2


@pytest.mark.parametrize("again", [[0], [0, 7, MAX_BATCH + 3], range(CROWD)])
@pytest.mark.parametrize("over", [False, True])
async def test_a_retry_among_others_is_answered_with_the_first(
    database: Database, log: Log, again: list[int], over: bool
) -> None:
    """Also by a batch that counted on no id coming again, and after the end."""
    [session] = await opened(database, state="active")
    first = [
        a
        for a in await crowd(log, [event(session) for _ in range(CROWD)])
        if isinstance(a, Envelope)
    ]
    if over:
        first.append(await log.append(event(session, "session.ended")))
    said = [event(session) for _ in range(CROWD)]
    for place in again:
        said[place] = first[place]._replace(seq=None, sealed=b"sealed anew")
    answers = await crowd(log, said)
    assert [answers[place] for place in again] == [first[place] for place in again]
    others = [answer for place, answer in enumerate(answers) if place not in again]
    assert all(isinstance(answer, Refused if over else Envelope) for answer in others)
    found = await logged(log, session)
    assert seqs(found) == list(range(1, len(first) + (0 if over else len(others)) + 1))
    assert len({envelope.id for envelope in found}) == len(found)
