"""Requests: objections by purpose, what follows from each, and by when the house answers."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sessions.envelope import Unreadable
from sessions.events import Refused, SessionId
from sessions.holds import Holds
from sessions.models import RequestRow, SessionRow
from sessions.names import Name
from sessions.requests import (
    AT_ONCE,
    MAX_ANSWER,
    MAX_OF_SESSION,
    MAX_REASON,
    Request,
    Requests,
    months_after,
)
from sessions.retention import DAY_MS, Retention
from sessions.statistics import Statistics
from tests.unit.sessions.test_erasure import House, nothing_is_left
from tests.unit.sessions.test_erasure import house as house  # also over PostgreSQL
from tests.unit.sessions.test_retention import PERIODS

BECAUSE = "my employer sits in the same office"


def requests_of(house: House) -> Requests:
    return Requests(house.database, house.keys, now_ms=house.now)


async def over(house: House, *, to_count: bool = False) -> SessionId:
    """A session that ended, so that it is due a day later."""
    started = await house.lifecycle.start(
        name=Name("Ada", "Lovelace"), topic=None, language="de",
        request=repr(house.now.ms).encode(), to_count=to_count,
    )  # fmt: skip
    await house.lifecycle.end(started.session, "abandoned")
    return started.session


def test_a_month_is_as_long_as_the_calendar_has_it() -> None:
    """OB-04: Art. 12(3) GDPR; the last day where the next month lacks the day."""
    for asked, due in (
        ("2026-11-29T17:00:00.250", "2026-12-29T17:00:00.250"),
        ("2026-12-31T00:00:00", "2027-01-31T00:00:00"),
        ("2027-01-31T12:00:00", "2027-02-28T12:00:00"),
        ("2028-01-31T12:00:00", "2028-02-29T12:00:00"),
    ):
        at, then = (
            round(datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp() * 1_000)
            for one in (asked, due)
        )
        assert months_after(at) == then
    november, february = 1_795_910_400_000, 1_803_772_800_000  # 2026-11-29, 2027-02-28
    assert months_after(november, 3) == february


async def test_an_objection_to_further_use_restricts_until_it_is_decided(house: House) -> None:
    """OB-42: open, nobody of the house opens it and no job erases it; the answer says what then."""
    requests, holds = requests_of(house), Holds(house.database, now_ms=house.now)
    retention = Retention(house.database, house.erasure, PERIODS, now_ms=house.now)
    granted, refused = await over(house), None
    house.now.ms += 1
    refused = await over(house)
    first = await requests.make(granted, "objection", "quality", reason=BECAUSE)
    second = await requests.make(refused, "objection", "quality")
    assert (first.state, first.due_ms) == ("open", months_after(house.now.ms))
    house.now.ms += 2 * DAY_MS
    for session in (granted, refused):
        with pytest.raises(Refused, match=r"session\.restricted"):
            await holds.expect_usable(session)
    assert await retention.run() == 0
    assert [one.held for one in await retention.due()] == [True, True]
    assert [one.id for one in await requests.open_requests()] == sorted([first.id, second.id])

    yes = await requests.decide(first.id, "granted", by="officer", answer="Sie haben recht.")
    assert (yes.state, yes.decided_ms, yes.decided_by) == ("granted", house.now.ms, "officer")
    no = await requests.decide(second.id, "refused", by="officer", answer="Wir müssen.")
    assert no.state == "refused"
    assert await requests.open_requests() == []
    with pytest.raises(Refused, match=r"session\.restricted"):
        await holds.expect_usable(granted)  # never again, and due all the same
    await holds.expect_usable(refused)
    told = await requests.find(first.id)
    assert told is not None
    assert (told.reason, told.answer) == (BECAUSE, "Sie haben recht.")
    assert await retention.run() == 2
    assert await requests.find(first.id) is None
    await nothing_is_left(house, granted)


async def test_a_decision_is_made_once(house: House) -> None:
    """OB-42: again the same changes nothing; another one, or one too late, is refused."""
    requests, session = requests_of(house), await over(house)
    one = await requests.make(session, "objection", "quality")
    decided = await requests.decide(one.id, "refused", by="officer")
    house.now.ms += 1
    assert await requests.decide(one.id, "refused", by="another") == decided
    with pytest.raises(Refused, match=r"request\.decided"):
        await requests.decide(one.id, "granted", by="another")
    assert not await requests.withdraw(session, one.id)
    again = await requests.make(session, "objection", "quality")
    assert again.id != one.id  # who was refused may say it once more
    assert await requests.withdraw(session, again.id)
    with pytest.raises(Refused, match=r"request\.decided"):
        await requests.decide(again.id, "granted", by="officer")
    with pytest.raises(LookupError):
        await requests.decide("0" * 32, "granted", by="officer")


async def test_an_answer_may_take_two_months_longer_once(house: House) -> None:
    """OB-04: Art. 12(3) GDPR, with a reason that the person reads; not after it was decided."""
    requests, session = requests_of(house), await over(house)
    one = await requests.make(session, "objection", "quality")
    later = await requests.extend(one.id, reason="Wir prüfen noch.")
    assert (later.due_ms, later.extended_ms) == (months_after(one.made_ms, 3), house.now.ms)
    assert await requests.get(one.id) == later
    assert [told.extension for told in await requests.told(session)] == ["Wir prüfen noch."]
    with pytest.raises(Refused, match=r"request\.extended"):
        await requests.extend(one.id, reason="again")
    two = await requests.make(session, "question")
    await requests.decide(two.id, "granted", by="officer")
    with pytest.raises(Refused, match=r"request\.decided"):
        await requests.extend(two.id, reason="too late")
    with pytest.raises(LookupError):
        await requests.extend("0" * 32, reason="of nothing")
    assert await requests.get("0" * 32) is None


async def test_withdrawing_is_as_easy_and_of_one_s_own_only(house: House) -> None:
    """OB-42: one step; the restriction goes with it."""
    requests, holds = requests_of(house), Holds(house.database, now_ms=house.now)
    session = await over(house)
    house.now.ms += 1
    other = await over(house)
    one = await requests.make(session, "objection", "quality")
    assert await requests.make(session, "objection", "quality", reason="again") == one
    assert not await requests.withdraw(other, one.id)
    with pytest.raises(Refused):
        await holds.expect_usable(session)
    assert await requests.withdraw(session, one.id)
    assert not await requests.withdraw(session, one.id)
    await holds.expect_usable(session)
    [gone] = await requests.of(session)
    assert (gone.state, gone.decided_by) == ("withdrawn", None)


async def test_statistics_and_marketing_hold_at_once(house: House) -> None:
    """OB-42: nothing is weighed, nobody decides, and what was not counted yet never is."""
    requests, counted = requests_of(house), await over(house, to_count=True)
    house.now.ms += 1
    left_out = await over(house, to_count=True)
    for purpose in AT_ONCE:
        one = await requests.make(left_out, "objection", purpose)
        assert (one.state, one.due_ms, one.decided_ms) == (
            "granted", house.now.ms, house.now.ms,
        )  # fmt: skip
        assert await requests.make(left_out, "objection", purpose) == one
    assert await requests.open_requests() == []
    to_count = select(SessionRow.id).where(SessionRow.to_count)
    assert await house.database.read(lambda db: list(db.scalars(to_count))) == [counted]
    assert await Statistics(house.database, now_ms=house.now).count() == 1
    await Holds(house.database).expect_usable(left_out)  # it is another purpose
    [statistics] = [one for one in await requests.of(left_out) if one.purpose == "statistics"]
    assert await requests.withdraw(left_out, statistics.id)
    assert await Statistics(house.database, now_ms=house.now).count() == 0


async def test_reasons_and_answers_are_sealed_and_bounded(house: House) -> None:
    """OB-09: the database holds neither; moved to another place they do not open."""
    requests, session = requests_of(house), await over(house)
    one = await requests.make(session, "question", reason=BECAUSE)
    house.now.ms += 1
    two = await requests.make(session, "question", reason="something else")
    assert one.id != two.id
    await requests.decide(one.id, "granted", by="officer", answer=BECAUSE)
    row = select(RequestRow.__table__).where(RequestRow.id == one.id)
    kept = await house.database.read(lambda db: db.execute(row).one())
    assert BECAUSE.encode() not in kept.reason + kept.answer
    assert [(told.reason, told.answer) for told in await requests.told(session)] == [
        (BECAUSE, BECAUSE),
        ("something else", ""),
    ]
    with pytest.raises(Unreadable):
        await house.keys.open_note(session, f"reason {two.id}", kept.reason)
    with pytest.raises(Refused, match=r"request\.too_long"):
        await requests.make(session, "question", reason="x" * (MAX_REASON + 1))
    with pytest.raises(Refused, match=r"request\.too_long"):
        await requests.decide(two.id, "refused", by="officer", answer="x" * (MAX_ANSWER + 1))
    for _ in range(MAX_OF_SESSION - 2):
        await requests.make(session, "question", reason="and")
    with pytest.raises(Refused, match=r"request\.too_many"):
        await requests.make(session, "question", reason="and")


async def test_nothing_is_asked_of_what_is_not_there(house: House) -> None:
    """OB-39: no row comes after the rows of its session have gone."""
    requests, session = requests_of(house), await over(house)
    await house.erasure.erase(session, cause="person")
    with pytest.raises(LookupError):
        await requests.make(session, "objection", "marketing")
    assert await requests.of(session) == []


def test_a_request_says_nothing_of_a_person() -> None:
    """OB-48: what the desk lists holds no name and no text."""
    assert set(Request.__dataclass_fields__) == {
        "id", "session", "kind", "purpose", "made_ms", "due_ms", "state", "decided_ms",
        "decided_by", "extended_ms",
    }  # fmt: skip
