"""The log: one order without gaps, each id once, forward only, durable before it answers."""

import asyncio
import os
import random
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from sessions.append import Entry, append_all
from sessions.append_sqlite import SqliteTables
from sessions.database import Database
from sessions.events import (
    KINDS,
    SERVER,
    Envelope,
    Epoch,
    Lane,
    ParticipantId,
    Refused,
    Seq,
    SessionId,
    Unknown,
    new_event_id,
    new_participant_id,
    new_session_id,
    sender_of,
)
from sessions.log import Log
from sessions.models import Row, SeatRow, SessionRow
from sessions.writer import TICK_SECONDS
from tests.unit.sessions.test_database import Gate


def session_row(session: SessionId, state: str = "waiting") -> dict[str, object]:
    return {
        "id": session,
        "state": state,
        "last_seq": 0,
        "epoch": 1,
        "language": "de",
        "created_ms": 1,
        "request_hash": os.urandom(32),
    }


async def opened(database: Database, number: int = 1, state: str = "waiting") -> list[SessionId]:
    sessions = [new_session_id() for _ in range(number)]
    rows = [session_row(session, state) for session in sessions]
    await database.write(lambda db: db.execute(insert(SessionRow), rows))
    return sessions


async def seat(database: Database, session: SessionId, role: str = "advisor") -> ParticipantId:
    participant = new_participant_id()
    row = {
        "session_id": session,
        "participant": participant,
        "role": role,
        "name_sealed": b"",
        "taken_ms": 1,
        "lease_until_ms": 1,
    }
    await database.write(lambda db: db.execute(insert(SeatRow), row))
    return participant


def event(
    session: SessionId,
    kind: str = "chat.message",
    by: ParticipantId | None = None,
    sealed: bytes = b"sealed",
) -> Envelope:
    sender = sender_of(by or new_participant_id())
    return Envelope(session, sender, new_event_id(), kind, Epoch(1), sealed)


def seqs(envelopes: Iterable[Envelope]) -> list[int]:
    return [envelope.seq or 0 for envelope in envelopes]


async def row_of(database: Database, session: SessionId) -> dict[str, object]:
    rows = select(SessionRow.__table__).where(SessionRow.id == session)
    return await database.read(lambda db: dict(db.execute(rows).one()._mapping))


async def owners(database: Database, sessions: list[SessionId]) -> list[tuple[str, str]]:
    owned = select(SessionRow.id, SessionRow.advisor_account).where(SessionRow.id.in_(sessions))
    rows = await database.read(lambda db: db.execute(owned).all())
    return sorted((session, owner or "") for session, owner in rows)


async def test_events_are_numbered_from_one_and_read_back(database: Database, log: Log) -> None:
    [session] = await opened(database)
    logged = [await log.append(event(session, sealed=bytes([n]))) for n in range(5)]
    assert seqs(logged) == [1, 2, 3, 4, 5]
    assert {envelope.at_ms for envelope in logged} == {1_000_000}
    assert await log.after(session, Seq(0)) == logged
    assert await log.after(session, Seq(3)) == logged[3:]
    assert await log.after(session, Seq(1), limit=2) == logged[1:3]
    assert await log.heads([session, new_session_id()]) == {session: 5}


async def test_many_writers_leave_no_gap(database: Database, log: Log) -> None:
    sessions = await opened(database, 7)
    await asyncio.gather(*(log.append(event(sessions[n % 7])) for n in range(700)))
    for session in sessions:
        assert seqs(await log.after(session, Seq(0))) == list(range(1, 101))


async def test_the_same_id_again_is_the_first_one(database: Database, log: Log) -> None:
    [session] = await opened(database)
    anna = new_participant_id()
    first = event(session, by=anna, sealed=b"first")
    resealed = first._replace(sender=sender_of(anna), sealed=b"sealed anew")
    together = await asyncio.gather(*(log.append(e) for e in (first, resealed, first)))
    assert seqs(together) == [1, 1, 1]
    assert {envelope.sealed for envelope in together} == {b"first"}
    assert (await log.append(resealed)).sealed == b"first"
    assert (await log.append(event(session))).seq == 2


async def test_a_retry_is_answered_even_after_the_end(database: Database, log: Log) -> None:
    [session] = await opened(database)
    said, ended = event(session), event(session, "session.ended")
    await log.append(said)
    await log.append(ended)
    assert (await log.append(said)).seq == 1
    assert (await log.append(ended)).seq == 2
    with pytest.raises(Refused, match=r"session\.ended"):
        await log.append(event(session))


async def test_nobody_can_use_up_the_id_of_another(database: Database, log: Log) -> None:
    [session] = await opened(database)
    said = event(session)
    await log.append(said)
    for thief in (
        said._replace(sender=sender_of(new_participant_id())),
        said._replace(kind="consent.changed"),
    ):
        with pytest.raises(Refused, match=r"body\.invalid") as refusal:
            await log.append(thief)
        assert refusal.value.field == "id"
    [other] = await opened(database)
    assert (await log.append(said._replace(session=other))).seq == 1


async def test_forward_only(database: Database, log: Log) -> None:
    [session] = await opened(database)
    winner = await seat(database, session)
    accepted = await log.append(event(session, "session.accepted", by=winner), account="a1")
    assert accepted.seq == 1
    row = await row_of(database, session)
    assert (row["state"], row["accepted_ms"], row["advisor_account"]) == ("active", 1_000_000, "a1")
    with pytest.raises(Refused, match=r"session\.taken"):
        await log.append(event(session, "session.accepted"), account="a2")
    await log.append(event(session, "session.ended"), reason="expired")
    row = await row_of(database, session)
    assert (row["state"], row["ended_ms"], row["end_reason"]) == ("ended", 1_000_000, "expired")
    for kind in (kind for kind in KINDS.values() if kind.lane is Lane.LOGGED):
        with pytest.raises(Refused, match=r"session\.ended"):
            await log.append(event(session, kind.name), account="a1")
    assert (await row_of(database, session))["advisor_account"] == "a1"


async def test_a_hang_up_needs_no_reason(database: Database, log: Log) -> None:
    [session] = await opened(database)
    await log.append(event(session, "session.ended"))
    assert (await row_of(database, session))["end_reason"] == "hung_up"


async def test_accepting_releases_the_other_advisors(database: Database, log: Log) -> None:
    """What a loser sends in the same breath is not logged any more."""
    [session] = await opened(database)
    prospect = await seat(database, session, "prospect")
    winner, loser = await seat(database, session), await seat(database, session)
    results = await asyncio.gather(
        log.append(event(session, "session.accepted", by=winner), account="a1"),
        log.append(event(session, by=loser)),
        log.append(event(session, by=prospect)),
        log.append(event(session, by=winner)),
        log.append(event(session, "participant.left", by=SERVER)),
        return_exceptions=True,
    )
    assert [r.seq if isinstance(r, Envelope) else str(r) for r in results] == [
        1,
        "kind.state",
        2,
        3,
        4,
    ]
    with pytest.raises(Refused, match=r"kind\.state"):
        await log.append(event(session, by=loser))
    released = select(SeatRow.participant).where(SeatRow.released_ms.is_not(None))
    assert await database.read(lambda db: db.scalars(released).all()) == [loser]


async def test_an_accept_needs_an_account(database: Database, log: Log) -> None:
    [session] = await opened(database)
    with pytest.raises(Refused, match=r"kind\.role"):
        await log.append(event(session, "session.accepted"))
    assert (await row_of(database, session))["state"] == "waiting"


async def test_only_the_current_epoch_is_logged(database: Database, log: Log) -> None:
    [session] = await opened(database)
    await log.append(event(session))
    await database.write(lambda db: db.execute(update(SessionRow).values(epoch=2)))
    with pytest.raises(Refused, match=r"epoch\.wrong"):
        await log.append(event(session))
    assert (await log.append(event(session)._replace(epoch=Epoch(2)))).seq == 2


async def test_an_unknown_session_is_refused_like_an_ended_one(log: Log) -> None:
    with pytest.raises(Refused, match=r"session\.ended"):
        await log.append(event(new_session_id()))


async def test_passing_kinds_are_never_logged(database: Database, log: Log) -> None:
    [session] = await opened(database)
    with pytest.raises(ValueError, match="never logged"):
        await log.append(event(session, "chat.typing"))
    assert (await log.append(event(session))).seq == 1


async def test_an_event_inside_another_write_shares_its_fate(database: Database, log: Log) -> None:
    [session] = await opened(database)

    def fails(db: Connection) -> None:
        log.insert(db, event(session))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fails)
    logged = await database.write(lambda db: log.insert(db, event(session)))
    assert logged.seq == 1
    with pytest.raises(Refused):
        await database.write(lambda db: log.insert(db, event(new_session_id())))


async def test_too_late_is_unknown_and_a_retry_tells(database: Database) -> None:
    """Never "failed" for something that may have happened."""
    log = Log(database, deadline_seconds=0.02)
    [session] = await opened(database)
    said, gate = event(session), Gate()
    holding = asyncio.ensure_future(database.write_together(gate.together, None))
    await asyncio.to_thread(gate.reached.wait, 10)
    with pytest.raises(Unknown):
        await log.append(said)
    gate.opened.set()
    await holding
    patient = Log(database)
    assert (await patient.append(said)).seq == 1
    assert len(await patient.after(session, Seq(0))) == 1


async def test_every_order_has_its_own_deadline_on_one_clock(database: Database) -> None:
    """Also after the clock has stopped because nobody was waiting."""
    hasty, patient = Log(database, deadline_seconds=0.02), Log(database, deadline_seconds=60)
    [session] = await opened(database)
    kept = set()
    for _ in range(2):
        gate = Gate()
        holding = asyncio.ensure_future(database.write_together(gate.together, None))
        await asyncio.to_thread(gate.reached.wait, 10)
        waits = asyncio.create_task(patient.append(event(session)))
        for _ in range(3):
            with pytest.raises(Unknown):
                await hasty.append(event(session))
        gate.opened.set()
        await holding
        kept.add((await waits).id)
        await asyncio.sleep(2 * TICK_SECONDS)  # the clock stops meanwhile
    # What was given up before its turn came may be there or not.
    assert kept <= {envelope.id for envelope in await hasty.after(session, Seq(0))}


async def test_trouble_with_the_file_is_unknown(database: Database, log: Log) -> None:
    [session] = await opened(database)
    await database.write(lambda db: db.exec_driver_sql("ALTER TABLE events RENAME TO gone"))
    with pytest.raises(Unknown):
        await log.append(event(session))
    await database.write(lambda db: db.exec_driver_sql("ALTER TABLE gone RENAME TO events"))
    assert (await log.append(event(session))).seq == 1


async def test_acknowledged_means_on_disk(folder: Path, database: Database, log: Log) -> None:
    """A copy of the files, taken the moment the answer came, holds the event."""
    [session] = await opened(database)
    await log.append(event(session, sealed=b"canary"))
    copy = folder / "copy"
    copy.mkdir()
    for file in folder.glob("main.db*"):
        (copy / file.name).write_bytes(file.read_bytes())
    connection = sqlite3.connect(copy / "main.db")
    assert connection.execute("SELECT sealed FROM events").fetchall() == [(b"canary",)]
    connection.close()


async def test_the_epoch_of_the_log_stays(folder: Path, database: Database, log: Log) -> None:
    assert len(log.epoch) == 16
    await database.close()
    again = Database.open(f"sqlite:///{folder}/main.db", rows=Row)
    assert Log(again).epoch == log.epoch
    await again.close()


@pytest.mark.long
async def test_ten_thousand_races_have_one_winner_each(database: Database, log: Log) -> None:
    """Of any number of advisors exactly one wins; every loser is told so."""
    dice = random.Random(1)
    sessions = await opened(database, 10_000)
    races = {session: dice.randint(2, 4) for session in sessions}
    for some in (sessions[start : start + 500] for start in range(0, 10_000, 500)):
        tries = [(session, n) for session in some for n in range(races[session])]
        dice.shuffle(tries)
        results = await asyncio.gather(
            *(
                log.append(event(session, "session.accepted"), account=f"advisor {n}")
                for session, n in tries
            ),
            return_exceptions=True,
        )
        winners = [
            (session, f"advisor {n}")
            for (session, n), result in zip(tries, results, strict=True)
            if isinstance(result, Envelope)
        ]
        losers = [result for result in results if not isinstance(result, Envelope)]
        assert sorted(session for session, _ in winners) == sorted(some)
        assert all(isinstance(r, Refused) and r.code == "session.taken" for r in losers)
        assert await owners(database, some) == sorted(winners)
    assert set((await log.heads(sessions)).values()) == {1}


def test_a_batch_is_one_update_for_each_session(migrated: Path) -> None:
    """The cost of a batch does not grow with an update for every event."""
    db = sqlite3.connect(":memory:")
    with sqlite3.connect(migrated / "main.db") as file:
        file.backup(db)
    file.close()
    sessions = [new_session_id() for _ in range(3)]
    columns = "id, state, last_seq, epoch, language, created_ms, request_hash"
    for session in sessions:
        row = tuple(session_row(session).values())
        db.execute(f"INSERT INTO sessions ({columns}) VALUES (?,?,?,?,?,?,?)", row)
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    append_all(SqliteTables(db), [Entry(event(sessions[n % 3])) for n in range(60)], 1)
    db.set_trace_callback(None)
    db.close()
    assert sum("UPDATE" in statement for statement in statements) == 3
