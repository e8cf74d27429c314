"""Two nodes at one PostgreSQL, in the same moment: what is checked still holds when it is written.

Proves F-33 with two nodes, and what DESIGN promises of the log: one order, without gaps, each
event once, whichever node a retry comes through.
"""

import asyncio
import random
import time
from typing import NamedTuple

import pytest
from sqlalchemy import delete, func, select, text

from sessions.accounts import Accounts
from sessions.database import Database
from sessions.events import Envelope, Refused, Role, Seq, new_event_id, sender_of
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle, Seat
from sessions.log import Log
from sessions.models import SeatRow, SessionRow
from sessions.seats import MAX_PREPARING
from sessions.views import GONE_MS
from tests.postgres import Postgres
from tests.unit.sessions.conftest import Now
from tests.unit.sessions.test_lifecycle import advisor, start
from tests.unit.sessions.test_log import event, opened, owners, row_of, seat, seqs


class Node(NamedTuple):
    log: Log
    lifecycle: Lifecycle
    accounts: Accounts


Nodes = tuple[Node, Node]


@pytest.fixture
def nodes(
    database: Database,
    other_database: Database,
    key_database: Database,
    other_key_database: Database,
    now: Now,
) -> Nodes:
    def node(database: Database, key_database: Database) -> Node:
        log = Log(database, now_ms=now)
        keys = Keys(key_database, MasterKeys({1: bytes(32)}))
        lifecycle = Lifecycle(database, log, keys, now_ms=now)
        return Node(log, lifecycle, Accounts(database, now_ms=now))

    return node(database, key_database), node(other_database, other_key_database)


# ---- the log


DEADLOCK = "deadlock detected"  # the server chose a victim, after a second of waiting


async def test_nodes_share_one_order_without_gaps(
    server: Postgres, database: Database, nodes: Nodes
) -> None:
    before = server.said(DEADLOCK)
    sessions = await opened(database, 20)
    logged = await asyncio.gather(
        *(nodes[n % 2].log.append(event(sessions[(n * 7) % 20])) for n in range(2_000))
    )
    for session in sessions:
        one, other = [await node.log.after(session, Seq(0)) for node in nodes]
        assert one == other
        assert seqs(one) == list(range(1, 101))
        assert {e.id: e.seq for e in one} == {e.id: e.seq for e in logged if e.session == session}
    assert set((await nodes[1].log.heads(sessions)).values()) == {100}
    assert server.said(DEADLOCK) == before


async def test_a_retry_through_another_node_is_the_first_one(
    database: Database, nodes: Nodes
) -> None:
    sessions = await opened(database, 10)
    for _ in range(10):
        said = [event(session) for session in sessions]
        again = [one._replace(sealed=b"sealed anew") for one in said]
        answers = await asyncio.gather(
            *(nodes[0].log.append(one) for one in said),
            *(nodes[1].log.append(one) for one in again),
        )
        assert answers[:10] == answers[10:]
    assert set((await nodes[0].log.heads(sessions)).values()) == {10}


async def test_a_thousand_races_over_two_nodes_have_one_winner_each(
    database: Database, nodes: Nodes
) -> None:
    """F-33: exactly one owner, also when the advisors are at different nodes."""
    dice = random.Random(1)
    sessions = await opened(database, 1_000)
    longest = 0.0

    async def accept(session: str, n: int) -> Envelope:
        nonlocal longest
        began = time.monotonic()
        accepted = event(session, "session.accepted")  # type: ignore[arg-type]
        try:
            return await nodes[n % 2].log.append(accepted, account=f"advisor {n}")
        finally:
            longest = max(longest, time.monotonic() - began)

    for some in (sessions[at : at + 100] for at in range(0, 1_000, 100)):
        tries = [(session, n) for session in some for n in range(dice.randint(2, 4))]
        dice.shuffle(tries)
        results = await asyncio.gather(
            *(accept(session, n) for session, n in tries), return_exceptions=True
        )
        won = [
            (session, f"advisor {n}")
            for (session, n), result in zip(tries, results, strict=True)
            if isinstance(result, Envelope)
        ]
        lost = [result for result in results if not isinstance(result, Envelope)]
        assert sorted(session for session, _ in won) == sorted(some)
        assert all(isinstance(r, Refused) and r.code == "session.taken" for r in lost)
        assert await owners(database, some) == sorted(won)
    assert longest < 2  # a hundred at once, on a busy machine


async def test_what_a_loser_says_at_the_other_node_is_not_logged(
    database: Database, nodes: Nodes
) -> None:
    """Their seat goes in the transaction that accepts; whichever comes first, the log agrees."""
    for _ in range(30):
        [session] = await opened(database)
        winner, loser = await seat(database, session), await seat(database, session)
        accepted, said = await asyncio.gather(
            nodes[0].log.append(event(session, "session.accepted", by=winner), account="a1"),
            nodes[1].log.append(event(session, by=loser)),
            return_exceptions=True,
        )
        assert isinstance(accepted, Envelope)
        if isinstance(said, Envelope):
            assert (said.seq, accepted.seq) == (1, 2)
        else:
            assert (str(said), accepted.seq) == ("kind.state", 1)


async def test_an_ended_or_erased_session_accepts_nothing_anywhere(
    database: Database, nodes: Nodes
) -> None:
    ended, erased = await opened(database, 2)
    await nodes[0].log.append(event(ended, "session.ended"))
    gone = delete(SessionRow).where(SessionRow.id == erased)
    await database.write(lambda db: db.execute(gone).close())
    for session in (ended, erased):
        with pytest.raises(Refused, match=r"session\.ended"):
            await nodes[1].log.append(event(session))


async def test_an_end_in_the_middle_of_much_talk(database: Database, nodes: Nodes) -> None:
    """What was logged is before the end, what came later is refused; on both nodes."""
    sessions = await opened(database, 10, "active")
    results = await asyncio.gather(
        *(
            nodes[n % 2].log.append(
                event(sessions[n % 10], "session.ended" if n // 10 == 20 else "chat.message")
            )
            for n in range(400)
        ),
        return_exceptions=True,
    )
    for session in sessions:
        kinds = [e.kind for e in await nodes[0].log.after(session, Seq(0))]
        assert kinds.count("session.ended") == 1
        assert kinds[-1] == "session.ended"
        assert (await row_of(database, session))["last_seq"] == len(kinds)
    assert {str(r) for r in results if not isinstance(r, Envelope)} <= {"session.ended"}


# ---- seats and sessions


async def test_a_start_on_both_nodes_is_one_session_and_one_key(
    database: Database, key_database: Database, nodes: Nodes
) -> None:
    started = await asyncio.gather(
        *(start(nodes[n % 2].lifecycle, f"request {n // 4}".encode()) for n in range(40))
    )
    for n in range(10):
        mine = started[4 * n : 4 * n + 4]
        assert len({(one.session, one.token) for one in mine}) == 1
        assert [one.fresh for one in mine].count(True) == 1
    sessions = await database.read(lambda db: db.scalar(select(func.count(SessionRow.id))))
    keys = await key_database.read(lambda db: db.scalar(text("SELECT count(*) FROM key_store")))
    assert (sessions, keys) == (10, 10)


async def test_at_most_three_prepare_whichever_nodes_they_are_at(nodes: Nodes) -> None:
    team = [await advisor(nodes[0].accounts, f"advisor {n}") for n in range(8)]
    for _ in range(5):
        started = await start(nodes[0].lifecycle)
        seats = await asyncio.gather(
            *(
                nodes[n % 2].lifecycle.advisor_seat(started.session, one.id, prepare=True)
                for n, one in enumerate(team)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(seat, Seat) for seat in seats) == MAX_PREPARING
        refused = {str(seat) for seat in seats if not isinstance(seat, Seat)}
        assert refused == {"desk.prepared"}


async def test_an_advisor_at_both_nodes_has_one_seat(nodes: Nodes) -> None:
    anna = await advisor(nodes[0].accounts)
    for _ in range(10):
        started = await start(nodes[0].lifecycle)
        seats = await asyncio.gather(
            *(
                nodes[n % 2].lifecycle.advisor_seat(started.session, anna.id, prepare=True)
                for n in range(6)
            )
        )
        assert len({seat.participant for seat in seats}) == 1
        assert [seat.joined is not None for seat in seats].count(True) == 1


async def test_leaving_and_ending_are_logged_once(nodes: Nodes) -> None:
    for _ in range(10):
        started = await start(nodes[0].lifecycle)
        left = await asyncio.gather(
            *(
                nodes[n % 2].lifecycle.release(started.session, started.participant, "left")
                for n in range(6)
            )
        )
        ended = await asyncio.gather(
            *(nodes[n % 2].lifecycle.end(started.session, "expired") for n in range(6))
        )
        assert [len([one for one in many if one]) for many in (left, ended)] == [1, 1]
        kinds = [one.kind for one in await nodes[1].log.after(started.session, Seq(0))]
        assert kinds == ["participant.joined", "participant.left", "session.ended"]


async def test_both_nodes_sweep_and_each_lapse_is_settled_once(nodes: Nodes, now: Now) -> None:
    for _ in range(10):
        await start(nodes[0].lifecycle)
    now.ms += GONE_MS + 1
    lapsed = await nodes[0].lifecycle.lapsed()
    assert len(lapsed) == 10
    settled = await asyncio.gather(
        *(node.lifecycle.settle(lapse) for lapse in lapsed for node in nodes)
    )
    assert len([one for one in settled if one is not None]) == 10
    assert await nodes[1].lifecycle.lapsed() == []


async def test_one_accepts_and_one_settles(nodes: Nodes, now: Now) -> None:
    """Either the accept was first and the session lives, or it was over and the accept is told."""
    anna = await advisor(nodes[0].accounts)
    for _ in range(20):
        started = await start(nodes[0].lifecycle)
        mine = await nodes[0].lifecycle.advisor_seat(started.session, anna.id, prepare=True)
        now.ms += GONE_MS + 1
        [lapse] = await nodes[1].lifecycle.lapsed()
        accepted = Envelope(
            started.session, sender_of(mine.participant), new_event_id(), "session.accepted",
            event(started.session).epoch, b"",
        )  # fmt: skip
        won, settled = await asyncio.gather(
            nodes[0].log.append(accepted, account=anna.id),
            nodes[1].lifecycle.settle(lapse),
            return_exceptions=True,
        )
        if isinstance(won, Envelope):
            assert settled is None
            await nodes[0].lifecycle.end(started.session, "expired")
        else:
            assert str(won) == "session.ended"
            assert isinstance(settled, Envelope)


async def test_leases_taken_crosswise_do_not_stand_in_each_others_way(
    server: Postgres, database: Database, nodes: Nodes, now: Now
) -> None:
    before = server.said(DEADLOCK)
    started = await asyncio.gather(*(start(nodes[0].lifecycle) for _ in range(60)))
    held = [(one.session, one.participant) for one in started]
    for turn in range(20):
        until_ms = now.ms + 1_000 + turn
        await asyncio.gather(
            nodes[0].lifecycle.hold(held, until_ms, "one"),
            nodes[1].lifecycle.hold(held[::-1], until_ms, "two"),
        )
    until = await database.read(lambda db: db.scalar(select(func.min(SeatRow.lease_until_ms))))
    assert until == now.ms + 1_019
    assert server.said(DEADLOCK) == before


# ---- accounts


async def test_a_username_is_taken_once_over_both_nodes(nodes: Nodes) -> None:
    results = await asyncio.gather(
        *(advisor(nodes[n % 2].accounts) for n in range(6)), return_exceptions=True
    )
    refused = [r.code for r in results if isinstance(r, Refused)]
    assert refused == ["account.exists"] * 5


async def test_a_place_at_the_desk_may_be_made_by_both_nodes_at_once(
    nodes: Nodes, now: Now
) -> None:
    team = [
        await nodes[0].accounts.add(f"a{n}", display_name="A", role=Role.ADVISOR, password_hash="x")
        for n in range(10)
    ]
    names = [one.id for one in team]
    await asyncio.gather(
        nodes[0].accounts.lease(names, now.ms + 1_000),
        nodes[1].accounts.lease(names[::-1], now.ms + 2_000),
        *(nodes[n % 2].accounts.wish(one, "free") for n, one in enumerate(names)),
    )
    assert {one.free for one in await nodes[1].accounts.desk()} == {True}
    now.ms += 1_500
    assert {one.free for one in await nodes[0].accounts.desk()} == {True}
