"""Sessions from waiting to ended: seats, tokens, leases, and events in the same transaction.

Proves B-023 and B-029 of the list of bad inputs and parts of OB-06, OB-07, OB-09 and OB-17.
"""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text, update

from sessions.accounts import Account, Accounts
from sessions.database import Database
from sessions.envelope import open_sealed
from sessions.events import (
    SERVER,
    Envelope,
    Epoch,
    Refused,
    Role,
    Seq,
    SessionId,
    State,
    new_event_id,
    new_participant_id,
    new_session_id,
    participant_of,
    sender_of,
)
from sessions.keys import Keys, MasterKeys, Shredded
from sessions.lifecycle import Lifecycle, Name, Seat, Started
from sessions.log import Log
from sessions.models import SeatRow, SessionRow
from sessions.seats import MAX_PREPARING
from sessions.views import DESERTED_MS, GONE_MS, MAX_WAIT_MS, Lapse
from tests.unit.sessions.conftest import Now

NAME = Name("Zoë", "d’Arc")


async def start(lifecycle: Lifecycle, request: bytes | None = None) -> Started:
    return await lifecycle.start(
        name=NAME, topic="pension", language="de", request=request or new_event_id().encode()
    )


async def advisor(accounts: Accounts, username: str = "anna") -> Account:
    return await accounts.add(
        username, display_name="Anna Öz", title="Vorsorge", role=Role.ADVISOR, password_hash="x"
    )


async def accept(log: Log, seat: Seat) -> Envelope:
    sender = sender_of(seat.participant)
    envelope = Envelope(
        seat.session, sender, new_event_id(), "session.accepted", Epoch(1), b"sealed"
    )
    return await log.append(envelope, account=seat.account)


async def opened(keys: Keys, log: Log, session: SessionId) -> list[tuple[str, dict[str, Any]]]:
    """Kind and body of everything the server logged in this session."""
    key = await keys.content_key(session, Epoch(1))
    return [
        (envelope.kind, open_sealed(envelope, key).body)
        for envelope in await log.after(session, Seq(0))
        if participant_of(envelope.sender) == SERVER
    ]


def code(refusal: pytest.ExceptionInfo[Refused]) -> str:
    return refusal.value.code


# ---- start


async def test_a_start_is_a_waiting_session_with_one_seat(
    lifecycle: Lifecycle, log: Log, keys: Keys, now: Now
) -> None:
    started = await start(lifecycle)
    assert started.fresh
    assert started.joined == (await log.after(started.session, Seq(0)))[0]
    body = {
        "participant": started.participant,
        "role": "prospect",
        "name": "Zoë d’Arc",
        "stage": "seated",
    }
    assert await opened(keys, log, started.session) == [("participant.joined", body)]
    view = await lifecycle.view(started.session)
    assert view is not None
    assert (view.state, view.topic, view.language, view.created_ms) == (
        State.WAITING,
        "pension",
        "de",
        now.ms,
    )
    [seat] = view.roster
    assert (seat.participant, seat.role, seat.present) == (started.participant, "prospect", False)
    assert await lifecycle.name_of(seat) == "Zoë d’Arc"


async def test_the_same_request_is_the_same_session(lifecycle: Lifecycle) -> None:
    first = await start(lifecycle, b"request")
    again = await start(lifecycle, b"request")
    assert (again.session, again.participant, again.token) == (
        first.session,
        first.participant,
        first.token,
    )
    assert not again.fresh
    assert again.joined is None
    other = await start(lifecycle, b"another")
    assert other.session != first.session
    assert other.token != first.token


async def test_a_double_click_is_one_session_and_one_key(
    lifecycle: Lifecycle, key_database: Database, database: Database
) -> None:
    """B-029: two tabs, a double click, a retry after a timeout."""
    started = await asyncio.gather(*(start(lifecycle, b"request") for _ in range(5)))
    assert len({(one.session, one.token) for one in started}) == 1
    assert [one.fresh for one in started].count(True) == 1
    sessions = await database.read(lambda db: db.scalar(select(func.count(SessionRow.id))))
    keys = await key_database.read(lambda db: db.scalar(text("SELECT count(*) FROM key_store")))
    assert (sessions, keys) == (1, 1)


async def test_the_same_request_finds_its_token_under_an_older_master_key(
    database: Database, key_database: Database, log: Log, lifecycle: Lifecycle
) -> None:
    first = await start(lifecycle, b"request")
    both = Keys(key_database, MasterKeys({1: bytes(32), 2: b"2" * 32}))
    assert (await start(Lifecycle(database, log, both), b"request")).token == first.token
    only_new = Keys(key_database, MasterKeys({2: b"2" * 32}))
    with pytest.raises(Refused) as refusal:
        await start(Lifecycle(database, log, only_new), b"request")
    assert code(refusal) == "request.spent"


async def test_two_people_of_one_name_have_nothing_in_common(lifecycle: Lifecycle) -> None:
    """B-023: accepted, and nothing links them."""
    one, two = await start(lifecycle), await start(lifecycle)
    assert one.session != two.session
    assert one.participant != two.participant


async def test_neither_name_nor_token_is_on_disk(
    lifecycle: Lifecycle, folder: Path, accounts: Accounts
) -> None:
    """OB-09: the canary is in no file, not even in the write-ahead logs."""
    name = Name("Canarya", "Canaryus")
    started = await lifecycle.start(name=name, topic=None, language="de", request=b"canary-request")
    await lifecycle.advisor_seat(started.session, (await advisor(accounts)).id, prepare=True)
    [waiting] = await lifecycle.waiting()
    assert (waiting.first_name, waiting.last_name) == ("Canarya", "Canaryus")
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    assert started.session.encode() in everything
    for canary in ("Canarya", "Canaryus", started.token, "canary-request"):
        assert canary.encode() not in everything


async def test_a_start_that_fails_leaves_nothing(lifecycle: Lifecycle, database: Database) -> None:
    await database.write(lambda db: db.exec_driver_sql("ALTER TABLE events RENAME TO gone"))
    with pytest.raises(Exception, match="events"):
        await start(lifecycle, b"request")
    await database.write(lambda db: db.exec_driver_sql("ALTER TABLE gone RENAME TO events"))

    def counts(db: Connection) -> list[int | None]:
        rows = (SessionRow.id, SeatRow.participant)
        return [db.scalar(select(func.count(column))) for column in rows]

    assert await database.read(counts) == [0, 0]
    assert (await start(lifecycle, b"request")).fresh


# ---- the prospect's token


async def test_the_token_proves_one_seat(lifecycle: Lifecycle) -> None:
    mine, other = await start(lifecycle), await start(lifecycle)
    assert re.fullmatch(r"[0-9a-f]{64}", mine.token)
    seat = await lifecycle.seat_of(mine.session, mine.token)
    assert seat is not None
    assert (seat.participant, seat.role, seat.account) == (mine.participant, Role.PROSPECT, None)
    for token in (other.token, "", "ü", "\ud800", mine.token[:-1], mine.token.upper()):
        assert await lifecycle.seat_of(mine.session, token) is None
    assert await lifecycle.seat_of(other.session, mine.token) is None


async def test_only_the_hash_of_the_token_is_kept(lifecycle: Lifecycle, database: Database) -> None:
    started = await start(lifecycle)
    kept = await database.read(lambda db: db.scalar(select(SeatRow.token_hash)))
    assert kept == hashlib.sha256(started.token.encode()).digest()


async def test_the_token_outlives_the_talk_but_not_the_seat(lifecycle: Lifecycle) -> None:
    """OB-17: who gave up a seat, or was removed, does not come back with the same token."""
    ended, left = await start(lifecycle), await start(lifecycle)
    await lifecycle.end(ended.session, "expired")
    assert await lifecycle.seat_of(ended.session, ended.token) is not None
    assert await lifecycle.release(left.session, left.participant, "left") is not None
    assert await lifecycle.seat_of(left.session, left.token) is None


# ---- advisors


async def test_an_advisor_prepares_accepts_and_comes_back(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, keys: Keys
) -> None:
    anna = await advisor(accounts)
    started = await start(lifecycle)
    seat = await lifecycle.advisor_seat(started.session, anna.id, prepare=True)
    assert seat.joined is not None
    assert seat.joined.seq == 2
    assert (seat.stage, seat.account, seat.role) == ("preparing", anna.id, "advisor")
    assert await lifecycle.name_of(seat) == "Anna Öz"
    body = {
        "participant": seat.participant,
        "role": "advisor",
        "name": "Anna Öz",
        "title": "Vorsorge",
        "stage": "preparing",
    }
    assert (await opened(keys, log, started.session))[1] == ("participant.joined", body)
    again = await lifecycle.advisor_seat(started.session, anna.id, prepare=False)
    assert (again.participant, again.joined) == (seat.participant, None)
    await accept(log, seat)
    back = await lifecycle.advisor_seat(started.session, anna.id, prepare=True)
    assert (back.participant, back.stage) == (seat.participant, "seated")


async def test_an_advisor_who_left_the_talk_gets_a_new_seat_in_it(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, keys: Keys
) -> None:
    anna, ben = await advisor(accounts), await advisor(accounts, "ben")
    started = await start(lifecycle)
    seat = await lifecycle.advisor_seat(started.session, anna.id, prepare=False)
    await accept(log, seat)
    await lifecycle.release(started.session, seat.participant, "left")
    back = await lifecycle.advisor_seat(started.session, anna.id, prepare=False)
    assert back.participant != seat.participant
    assert (await opened(keys, log, started.session))[-1][1]["stage"] == "seated"
    with pytest.raises(Refused) as refusal:
        await lifecycle.advisor_seat(started.session, ben.id, prepare=False)
    assert code(refusal) == "session.taken"


async def test_at_most_three_prepare(lifecycle: Lifecycle, accounts: Accounts) -> None:
    started = await start(lifecycle)
    team = [await advisor(accounts, f"advisor {n}") for n in range(MAX_PREPARING + 4)]
    seats = await asyncio.gather(
        *(lifecycle.advisor_seat(started.session, one.id, prepare=True) for one in team),
        return_exceptions=True,
    )
    refused = [seat for seat in seats if not isinstance(seat, Seat)]
    assert len(refused) == 4
    assert {str(refusal) for refusal in refused} == {"desk.prepared"}
    late = next(one for one, seat in zip(team, seats, strict=True) if not isinstance(seat, Seat))
    taker = await lifecycle.advisor_seat(started.session, late.id, prepare=False)
    assert taker.joined is not None  # whoever is about to accept is never kept out


async def test_two_tabs_of_an_advisor_share_one_seat(
    lifecycle: Lifecycle, accounts: Accounts
) -> None:
    anna = await advisor(accounts)
    started = await start(lifecycle)
    seats = await asyncio.gather(
        *(lifecycle.advisor_seat(started.session, anna.id, prepare=True) for _ in range(5))
    )
    assert len({seat.participant for seat in seats}) == 1
    assert [seat.joined is not None for seat in seats].count(True) == 1


async def test_who_may_not_take_a_seat(lifecycle: Lifecycle, accounts: Accounts) -> None:
    started = await start(lifecycle)
    operator = await accounts.add("op", display_name="O", role=Role.OPERATOR, password_hash="x")
    gone = await advisor(accounts, "gone")
    await accounts.disable(gone.id)
    for account in (operator.id, gone.id, "nobody"):
        with pytest.raises(Refused) as refusal:
            await lifecycle.advisor_seat(started.session, account, prepare=True)
        assert code(refusal) == "kind.role"
    await lifecycle.end(started.session, "expired")
    anna = await advisor(accounts)
    for session in (started.session, new_session_id()):
        with pytest.raises(Refused) as refusal:
            await lifecycle.advisor_seat(session, anna.id, prepare=True)
        assert code(refusal) == "session.ended"


async def test_the_losers_of_a_race_leave(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, keys: Keys
) -> None:
    started = await start(lifecycle)
    team = [await advisor(accounts, name) for name in ("anna", "ben", "cem")]
    seats = [await lifecycle.advisor_seat(started.session, one.id, prepare=True) for one in team]
    outcomes = await asyncio.gather(*(accept(log, seat) for seat in seats), return_exceptions=True)
    won = [seat for seat, won in zip(seats, outcomes, strict=True) if isinstance(won, Envelope)]
    lost = {seat.participant for seat in seats} - {seat.participant for seat in won}
    assert len(won) == 1
    left = await lifecycle.dismissed(started.session)
    assert len(left) == 2
    assert await lifecycle.dismissed(started.session) == []
    bodies = [body for kind, body in await opened(keys, log, started.session) if "left" in kind]
    assert {body["participant"] for body in bodies} == lost
    assert {body["reason"] for body in bodies} == {"taken"}
    view = await lifecycle.view(started.session)
    assert view is not None
    assert view.advisor_account == won[0].account
    assert {seat.participant for seat in view.roster} == {started.participant, won[0].participant}
    assert {seat.stage for seat in view.roster} == {"seated"}


async def test_a_seat_taken_while_the_session_is_accepted_says_what_is_so(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state changes between looking and writing; the event must not tell the old one."""
    anna = await advisor(accounts)
    started = await start(lifecycle)
    first = await lifecycle.advisor_seat(started.session, anna.id, prepare=True)
    await lifecycle.release(started.session, first.participant, "lost")
    seal_name = keys.seal_name

    async def meanwhile(*given: Any) -> bytes:
        monkeypatch.undo()
        accepted = Envelope(
            started.session, sender_of(new_participant_id()), new_event_id(),
            "session.accepted", Epoch(1), b"",
        )  # fmt: skip
        await log.append(accepted, account=anna.id)
        return await seal_name(*given)

    monkeypatch.setattr(keys, "seal_name", meanwhile)
    seat = await lifecycle.advisor_seat(started.session, anna.id, prepare=True)
    assert seat.stage == "seated"
    assert (await opened(keys, log, started.session))[-1][1]["stage"] == "seated"
    assert [kind for kind, _ in await opened(keys, log, started.session)].count(
        "participant.joined"
    ) == 3


# ---- leaving and ending


async def test_a_seat_is_left_once(lifecycle: Lifecycle, log: Log, keys: Keys) -> None:
    started = await start(lifecycle)
    left = await asyncio.gather(
        *(lifecycle.release(started.session, started.participant, "left") for _ in range(4))
    )
    assert len([envelope for envelope in left if envelope is not None]) == 1
    body = {"participant": started.participant, "reason": "left"}
    assert (await opened(keys, log, started.session))[1:] == [("participant.left", body)]
    assert await lifecycle.release(started.session, new_participant_id(), "left") is None
    assert await lifecycle.release(new_session_id(), started.participant, "left") is None
    await lifecycle.end(started.session, "expired")
    assert await lifecycle.release(started.session, started.participant, "left") is None


async def test_it_ends_once(lifecycle: Lifecycle, log: Log, keys: Keys, now: Now) -> None:
    started = await start(lifecycle)
    now.ms += 7
    ended = await asyncio.gather(*(lifecycle.end(started.session, "expired") for _ in range(4)))
    assert len([envelope for envelope in ended if envelope is not None]) == 1
    assert (await opened(keys, log, started.session))[1:] == [
        ("session.ended", {"reason": "expired"})
    ]
    view = await lifecycle.view(started.session)
    assert view is not None
    assert (view.state, view.end_reason, view.ended_ms) == (State.ENDED, "expired", now.ms)
    assert await lifecycle.end(new_session_id(), "expired") is None


async def test_a_new_epoch_is_used_at_once(lifecycle: Lifecycle, database: Database) -> None:
    started = await start(lifecycle)
    await database.write(lambda db: db.execute(update(SessionRow).values(epoch=2)).close())
    left = await lifecycle.release(started.session, started.participant, "left")
    assert left is not None
    assert left.epoch == 2


# ---- looking


async def test_the_queue_is_fair_and_shows_names_to_the_desk(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, now: Now
) -> None:
    anna = await advisor(accounts)
    order = []
    for _ in range(3):
        order.append(await start(lifecycle))
        now.ms += 1_000
    await lifecycle.advisor_seat(order[1].session, anna.id, prepare=True)
    await lifecycle.hold([(order[2].session, order[2].participant)], now.ms + 10, "node")
    waiting = await lifecycle.waiting()
    assert [one.session for one in waiting] == [one.session for one in order]
    assert [one.present for one in waiting] == [False, False, True]
    assert [one.prepared_by for one in waiting] == [set(), {anna.id}, set()]
    assert [one.waiting_since_ms for one in waiting] == [1_000_000, 1_001_000, 1_002_000]
    assert {(one.first_name, one.last_name, one.topic) for one in waiting} == {
        ("Zoë", "d’Arc", "pension")
    }
    await accept(log, await lifecycle.advisor_seat(order[0].session, anna.id, prepare=False))
    await lifecycle.end(order[1].session, "abandoned")
    assert [one.session for one in await lifecycle.waiting()] == [order[2].session]
    assert [one.session for one in await lifecycle.live()] == [order[0].session, order[2].session]
    assert await lifecycle.queue() == [order[2].session]


async def test_absent_is_whose_lease_ran_out_where_it_is_not_over(
    lifecycle: Lifecycle, now: Now
) -> None:
    here, gone, over = [await start(lifecycle) for _ in range(3)]
    seats = [(one.session, one.participant) for one in (here, gone, over)]
    await lifecycle.hold(seats, now.ms + 10, "node")
    assert await lifecycle.absent() == []
    now.ms += 10
    await lifecycle.hold(seats[:1], now.ms + 10, "node")
    await lifecycle.end(over.session, "abandoned")
    assert await lifecycle.absent() == [seats[1]]


async def test_a_name_that_cannot_be_read_stops_nobody_else(
    lifecycle: Lifecycle, keys: Keys, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """B-091: a damaged row, an erased session."""
    damaged, erased, well = [await start(lifecycle) for _ in range(3)]
    await keys.shred(erased.session)
    broken = update(SeatRow).where(SeatRow.session_id == damaged.session)
    await database.write(lambda db: db.execute(broken.values(name_sealed=b"junk")).close())
    waiting = {one.session: one.first_name for one in await lifecycle.waiting()}
    assert waiting == {damaged.session: "", well.session: "Zoë"}
    assert "unreadable" in caplog.text
    seat = await lifecycle.seat_of(erased.session, erased.token)
    assert seat is not None
    with pytest.raises(Shredded):
        await lifecycle.name_of(seat)


async def test_how_long_the_last_talks_were(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, now: Now
) -> None:
    anna = await advisor(accounts)
    for seconds in (10, 20, 30):
        started = await start(lifecycle)
        await accept(log, await lifecycle.advisor_seat(started.session, anna.id, prepare=False))
        now.ms += seconds * 1_000
        await lifecycle.end(started.session, "expired")
    never_answered = await start(lifecycle)
    await lifecycle.end(never_answered.session, "abandoned")
    assert await lifecycle.recent_talks_s() == [30, 20, 10]
    assert await lifecycle.recent_talks_s(2) == [30, 20]


# ---- leases and what runs out


async def test_presence_is_a_lease(lifecycle: Lifecycle, now: Now) -> None:
    started = await start(lifecycle)
    held = [(started.session, started.participant)]

    async def present() -> bool:
        view = await lifecycle.view(started.session)
        assert view is not None
        return view.roster[0].present

    await lifecycle.hold(held, now.ms + 15_000, "one")
    assert await present()
    now.ms += 5_000
    await lifecycle.hold(held, now.ms + 15_000, "two")  # came over another node
    await lifecycle.hold(held, now.ms, "one")  # and left the first
    assert await present()
    await lifecycle.hold(held, now.ms, "two")
    assert not await present()
    await lifecycle.hold([], now.ms, "two")
    await lifecycle.release(started.session, started.participant, "left")
    await lifecycle.hold(held, now.ms + 15_000, "one")
    assert (await lifecycle.view(started.session)).roster == ()  # type: ignore[union-attr]


async def test_who_waits_and_goes_has_abandoned(lifecycle: Lifecycle, now: Now) -> None:
    started = await start(lifecycle)
    await lifecycle.hold([(started.session, started.participant)], now.ms + 15_000, "one")
    now.ms += 15_000 + GONE_MS
    assert await lifecycle.lapsed() == []
    now.ms += 1
    [lapse] = await lifecycle.lapsed()
    assert lapse == Lapse(started.session, "abandoned")
    ended = await lifecycle.settle(lapse)
    assert ended is not None
    assert ended.kind == "session.ended"
    assert await lifecycle.lapsed() == []
    assert await lifecycle.settle(lapse) is None


async def test_who_leaves_the_queue_has_abandoned_at_once(lifecycle: Lifecycle) -> None:
    started = await start(lifecycle)
    await lifecycle.release(started.session, started.participant, "left")
    assert await lifecycle.waiting() == []
    assert await lifecycle.lapsed() == [Lapse(started.session, "abandoned")]


async def test_nobody_waits_for_ever(lifecycle: Lifecycle, now: Now) -> None:
    started = await start(lifecycle)
    now.ms += MAX_WAIT_MS
    await lifecycle.hold([(started.session, started.participant)], now.ms + 15_000, "one")
    assert await lifecycle.lapsed() == []
    assert await lifecycle.lapsed(now.ms + 1) == [Lapse(started.session, "expired")]


async def test_an_advisor_who_prepared_and_vanished_makes_room(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, keys: Keys, now: Now
) -> None:
    anna = await advisor(accounts)
    started = await start(lifecycle)
    seat = await lifecycle.advisor_seat(started.session, anna.id, prepare=True)
    await lifecycle.hold([(started.session, started.participant)], now.ms + 100_000, "one")
    now.ms += GONE_MS + 1
    [lapse] = await lifecycle.lapsed()
    assert lapse == Lapse(started.session, "lost", seat.participant)
    await lifecycle.settle(lapse)
    body = {"participant": seat.participant, "reason": "lost"}
    assert (await opened(keys, log, started.session))[-1] == ("participant.left", body)
    assert await lifecycle.lapsed() == []


async def test_a_deserted_talk_expires(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, now: Now
) -> None:
    anna = await advisor(accounts)
    started = await start(lifecycle)
    seat = await lifecycle.advisor_seat(started.session, anna.id, prepare=False)
    await accept(log, seat)
    now.ms += 60_000
    await lifecycle.hold([(started.session, seat.participant)], now.ms, "one")
    now.ms += DESERTED_MS  # the prospect is away for long, the advisor is not
    assert await lifecycle.lapsed() == []
    now.ms += 1
    assert await lifecycle.lapsed() == [Lapse(started.session, "expired")]
    for participant in (started.participant, seat.participant):
        await lifecycle.release(started.session, participant, "left")
    assert await lifecycle.lapsed() == [Lapse(started.session, "expired")]


async def test_a_lapse_that_is_no_longer_so_is_not_settled(
    lifecycle: Lifecycle, accounts: Accounts, log: Log, now: Now
) -> None:
    """Between looking and settling someone came back, or an advisor accepted."""
    anna = await advisor(accounts)
    back, accepted = await start(lifecycle), await start(lifecycle)
    preparing = await lifecycle.advisor_seat(back.session, anna.id, prepare=True)
    taking = await lifecycle.advisor_seat(accepted.session, anna.id, prepare=False)
    now.ms += GONE_MS + 1
    lapsed = await lifecycle.lapsed()
    assert len(lapsed) == 2
    vanished = Lapse(back.session, "lost", preparing.participant)
    held = [(back.session, back.participant), (back.session, preparing.participant)]
    await lifecycle.hold(held, now.ms + 15_000, "one")
    await accept(log, taking)
    for lapse in (*lapsed, vanished):
        assert await lifecycle.settle(lapse) is None
    states = {view.session: view.state for view in await lifecycle.live()}
    assert states == {back.session: State.WAITING, accepted.session: State.ACTIVE}
