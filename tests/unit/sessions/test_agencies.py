"""OB-01: whose advisors see whom, where everything that they ask for comes from."""

import itertools

import pytest
from sqlalchemy import update

from sessions.accounts import Account, Accounts
from sessions.agencies import sees
from sessions.database import Database
from sessions.events import Refused, Role, SessionId, State
from sessions.handovers import Handovers
from sessions.keys import Keys
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.models import SessionRow
from sessions.succession import Handing, Successions
from tests.unit.sessions.conftest import Now

WHOSE = (None, "nord", "sued")


async def advisor(accounts: Accounts, agency: str | None) -> Account:
    number = len(await accounts.list())
    return await accounts.add(
        f"advisor{number}", display_name="A", role=Role.ADVISOR, password_hash="-", agency=agency
    )


async def session_of(lifecycle: Lifecycle, agency: str | None, number: int = 1) -> SessionId:
    started = await lifecycle.start(
        name=Name("Ada", "Canary"), topic=None, language="de",
        request=f"{agency} {number}".encode(), agency=agency,
    )  # fmt: skip
    return started.session


async def talk(database: Database, lifecycle: Lifecycle, by: Account, now: Now) -> SessionId:
    """A talk of this advisor, with somebody who came to their agency."""
    session = await session_of(lifecycle, by.agency, number=now.ms)
    accepted = update(SessionRow).where(SessionRow.id == session)
    values = {"state": State.ACTIVE, "accepted_ms": now.ms, "advisor_account": by.id}
    await database.write(lambda db: db.execute(accepted.values(values)).close())
    now.ms += 60_000
    return session


@pytest.mark.parametrize("whose", WHOSE)
def test_each_sees_its_own_and_the_house_sees_no_agencys(whose: str | None) -> None:
    """OB-01."""
    assert [sees(whose, of) for of in WHOSE] == [whose == of for of in WHOSE]


async def test_a_session_of_another_agency_is_not_there(
    lifecycle: Lifecycle, accounts: Accounts
) -> None:
    """OB-01: not to be looked at, not in the queue with its name, and no seat in it."""
    sessions = {whose: await session_of(lifecycle, whose) for whose in WHOSE}
    for mine, other in itertools.product(WHOSE, WHOSE):
        account = await advisor(accounts, mine)
        view = await lifecycle.view_for(sessions[other], mine)
        asked = lifecycle.advisor_seat(sessions[other], account.id, prepare=True)
        if mine == other:
            assert view is not None
            assert (await asked).account == account.id
            assert [one.session for one in await lifecycle.waiting(mine)] == [sessions[mine]]
        else:
            assert view is None
            with pytest.raises(Refused, match=r"not\.found"):
                await asked


async def test_each_agency_has_a_queue_and_talks_of_its_own(
    database: Database, lifecycle: Lifecycle, accounts: Accounts, now: Now
) -> None:
    """OB-01: nobody waits longer, or seems to, because of people of another agency."""
    order = []
    for number, whose in enumerate(("nord", None, "nord", "sued")):
        now.ms += 1
        order.append(await session_of(lifecycle, whose, number))
    assert await lifecycle.queue() == order
    assert await lifecycle.queues() == {
        "nord": [order[0], order[2]], None: [order[1]], "sued": [order[3]],
    }  # fmt: skip
    assert await lifecycle.agencies([order[0], order[1], SessionId("0" * 32)]) == {
        order[0]: "nord", order[1]: None,
    }  # fmt: skip
    nord = await advisor(accounts, "nord")
    await lifecycle.end(await talk(database, lifecycle, nord, now), "expired")
    assert len(await lifecycle.recent_talks_s()) == 1
    assert [len(await lifecycle.talks_of(whose)) for whose in WHOSE] == [0, 1, 0]


async def test_an_advisor_s_own_talks_are_there_and_nobody_else_s(
    database: Database, lifecycle: Lifecycle, accounts: Accounts, now: Now
) -> None:
    """Those that run, then those of today, the last one first; none of a colleague."""
    mine, colleague = [await advisor(accounts, None) for _ in range(2)]
    since_ms = now.ms
    first = await talk(database, lifecycle, mine, now)
    await lifecycle.end(first, "advisor")
    for _ in range(3):
        now.ms += 1
        await lifecycle.end(await talk(database, lifecycle, colleague, now), "advisor")
    now.ms += 1
    second = await talk(database, lifecycle, mine, now)
    await lifecycle.end(second, "advisor")
    running = await talk(database, lifecycle, mine, now)
    found = [one.session for one in await lifecycle.advisor_talks(mine.id, None, since_ms)]
    assert found == [running, second, first]
    later = [one.session for one in await lifecycle.advisor_talks(mine.id, None, now.ms)]
    assert later == [running]
    assert await lifecycle.advisor_talks(mine.id, "nord", since_ms) == []


async def test_colleagues_are_those_of_ones_own_agency(accounts: Accounts) -> None:
    """OB-01."""
    team = {whose: await advisor(accounts, whose) for whose in WHOSE}
    for one in team.values():
        await accounts.wish(one.id, "free")
    await accounts.lease([one.id for one in team.values()], 2_000_000)
    assert len(await accounts.desk()) == len(WHOSE)
    for whose, account in team.items():
        assert [one.account for one in await accounts.colleagues(whose)] == [account.id]
        assert await accounts.free(whose) == [account.id]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OFFICER, Role.AUDITOR, Role.ADMIN])
async def test_who_sees_all_belongs_to_the_house(accounts: Accounts, role: Role) -> None:
    """OB-01."""
    with pytest.raises(ValueError, match="belongs to the house"):
        await accounts.add(
            "somebody", display_name="S", role=role, password_hash="-", agency="nord"
        )


async def test_whoever_is_handed_on_stays_with_the_agency(
    database: Database, lifecycle: Lifecycle, log: Log, keys: Keys, accounts: Accounts, now: Now
) -> None:
    """OB-01: to a colleague of it, to whoever of it is free, or back to wait; never beyond."""
    anna, carla = await advisor(accounts, "nord"), await advisor(accounts, "nord")
    others = [await advisor(accounts, "sued"), await advisor(accounts, None)]
    handovers = Handovers(database, keys, now_ms=now)
    successions = Successions(lifecycle, log, keys, handovers, now_ms=now)
    session = await talk(database, lifecycle, anna, now)
    for to in others:
        with pytest.raises(Refused, match=r"handover\.colleague"):
            await successions.hand_over(session, Handing(anna, to, "handed", None, ""))
    later = await successions.hand_over(session, Handing(anna, carla, "handed", None, ""))
    again = later.started.session
    assert (await lifecycle.queues()) == {"nord": [again]}
    for to in others:
        with pytest.raises(Refused, match=r"not\.found"):
            await lifecycle.advisor_seat(again, to.id, prepare=True)
    assert (await lifecycle.advisor_seat(again, carla.id, prepare=True)).account == carla.id
