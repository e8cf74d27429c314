"""Handing a prospect on: asked first and alone, for a while; counted once; what is left of it."""

import pytest
from sqlalchemy import select, update

from sessions.accounts import Account, Accounts
from sessions.counted import Facts, counts_of
from sessions.database import Database
from sessions.events import Refused, Role, SessionId, State
from sessions.handovers import MAX_NOTE, OFFER_MS, Handovers, clean_note
from sessions.keys import Keys, Shredded
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.models import CounterRow, HandoverRow, SessionRow
from sessions.statistics import Statistics
from sessions.succession import Handing, Succession, Successions
from tests.unit.sessions.conftest import Now

NOTE = "fragt nach der Hausratversicherung"


@pytest.fixture
def handovers(database: Database, keys: Keys, now: Now) -> Handovers:
    return Handovers(database, keys, now_ms=now)


@pytest.fixture
def successions(
    lifecycle: Lifecycle, log: Log, keys: Keys, handovers: Handovers, now: Now
) -> Successions:
    return Successions(lifecycle, log, keys, handovers, now_ms=now)


@pytest.fixture
async def team(accounts: Accounts) -> tuple[Account, Account, Account]:
    anna, carla, dora = [
        await accounts.add(
            name.lower(), display_name=name, role=Role.ADVISOR, password_hash="", title=""
        )
        for name in ("Anna", "Carla", "Dora")
    ]
    return anna, carla, dora


async def talk(database: Database, lifecycle: Lifecycle, by: Account, now: Now) -> SessionId:
    """A talk of this advisor."""
    started = await lifecycle.start(
        name=Name("Zoë", "d’Arc"), topic=None, language="de", request=b"1", to_count=True
    )
    accepted = update(SessionRow).values(
        state=State.ACTIVE, accepted_ms=now.ms, advisor_account=by.id
    )
    await database.write(lambda db: db.execute(accepted).close())
    now.ms += 60_000
    return started.session


def handing(by: Account, to: Account | None = None, note: str = NOTE) -> Handing:
    return Handing(by=by, to=to, reason="handed", topic=None, note=note)


async def refused(lifecycle: Lifecycle, session: SessionId, who: Account) -> str | None:
    try:
        await lifecycle.advisor_seat(session, who.id, prepare=True)
    except Refused as refusal:
        return refusal.code
    return None


async def handed(
    database: Database, lifecycle: Lifecycle, successions: Successions,
    team: tuple[Account, Account, Account], now: Now,
) -> tuple[SessionId, Succession]:  # fmt: skip
    session = await talk(database, lifecycle, team[0], now)
    return session, await successions.hand_over(session, handing(team[0], team[1]))


async def test_one_is_asked_alone_and_then_everybody(
    database: Database, lifecycle: Lifecycle, successions: Successions, now: Now,
    team: tuple[Account, Account, Account],
) -> None:  # fmt: skip
    """Up to the very moment, and not a moment longer."""
    _, succession = await handed(database, lifecycle, successions, team, now)
    later = succession.started.session
    anna, carla, dora = team
    now.ms += OFFER_MS - 1
    assert await refused(lifecycle, later, dora) == "desk.offered"
    assert await refused(lifecycle, later, anna) == "desk.offered"
    assert await refused(lifecycle, later, carla) is None
    now.ms += 1
    assert await refused(lifecycle, later, dora) is None
    assert await refused(lifecycle, later, anna) is None


async def test_the_place_is_that_of_the_first_session(
    database: Database, lifecycle: Lifecycle, successions: Successions, now: Now,
    team: tuple[Account, Account, Account],
) -> None:  # fmt: skip
    session = await talk(database, lifecycle, team[0], now)
    waiting = await lifecycle.start(name=Name("A", "B"), topic=None, language="de", request=b"2")
    succession = await successions.hand_over(session, handing(team[0]))
    order = [one.session for one in await lifecycle.waiting()]
    assert order == [succession.started.session, waiting.session]
    again = await successions.again(session)
    assert again.started.session == succession.started.session
    assert (again.ended, again.started.fresh) == (None, False)
    with pytest.raises(Refused, match=r"not\.found"):
        await successions.hand_over(session, handing(team[1]))


async def test_the_note_is_sealed_and_goes_with_its_session(
    database: Database, lifecycle: Lifecycle, successions: Successions, handovers: Handovers,
    keys: Keys, now: Now, team: tuple[Account, Account, Account],
) -> None:  # fmt: skip
    session, succession = await handed(database, lifecycle, successions, team, now)
    later = succession.started.session
    assert await handovers.note(later) == NOTE
    kept = await database.read(lambda db: db.scalar(select(HandoverRow.note)))
    assert kept is not None
    assert NOTE.encode() not in kept
    found = (await handovers.of([session, later]))[later]
    assert (found.before, found.by, found.to) == (session, team[0].id, team[1].id)
    assert await handovers.after(session) == later
    await keys.shred(later)
    with pytest.raises(Shredded):
        await handovers.note(later)


async def test_whoever_is_handed_on_called_once(
    database: Database, lifecycle: Lifecycle, successions: Successions, now: Now,
    team: tuple[Account, Account, Account],
) -> None:  # fmt: skip
    """OB-12: one call that was answered, and two talks with their lengths."""
    _, succession = await handed(database, lifecycle, successions, team, now)
    await lifecycle.end(succession.started.session, "abandoned")
    assert await Statistics(database, now_ms=now).count() == 2
    rows = await database.read(lambda db: db.execute(select(CounterRow.__table__)).all())
    times = {(row.metric, row.cell): row.times for row in rows}
    assert times["calls", "all"] == 1
    assert {cell for metric, cell in times if metric == "outcome"} == {"answered"}
    facts = Facts(0, None, 1, (), 0, goes_on=True)
    assert {count.metric for count in counts_of(facts)} == {"ended"}


def test_a_note_is_plain_lines_of_text() -> None:
    assert clean_note(" a\r\nb\x00\x1b[1m\x7f ") == "a\nb[1m"
    assert clean_note("  \n ") == ""
    assert clean_note("x" * MAX_NOTE) == "x" * MAX_NOTE
    with pytest.raises(Refused, match=r"handover\.too_long"):
        clean_note("x" * (MAX_NOTE + 1))
