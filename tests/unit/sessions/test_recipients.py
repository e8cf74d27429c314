"""Who is owed a word: kept with the change itself, once, and as long as it may matter."""

from datetime import date

import pytest
from sqlalchemy import Connection

from sessions.database import Database
from sessions.disclosures import Disclosure, Disclosures
from sessions.events import Refused, SessionId, new_session_id
from sessions.keys import Keys
from sessions.owed import Fact, owe, put_recipient
from sessions.receipts import hash_of
from sessions.recipients import Notification, Recipients
from sessions.tombstones import Tombstone, put_stone
from sessions.words import Words
from tests.unit.sessions.conftest import Now

FOUR_YEARS_MS = 4 * 366 * 86_400_000


@pytest.fixture
def recipients(database: Database, keys: Keys, now: Now) -> Recipients:
    return Recipients(database, Words(keys), now_ms=now)


@pytest.fixture
def disclosures(database: Database, keys: Keys, now: Now) -> Disclosures:
    return Disclosures(database, Words(keys), now_ms=now)


async def handed(disclosures: Disclosures) -> Disclosure:
    one = await disclosures.ask(
        new_session_id(), "court", ("names",), authority="Amtsgericht", ground="§ 1",
        file_number="3 C 4/26", by="officer a",
    )  # fmt: skip
    await disclosures.decide(one.id, "approved", why="", by="officer b")
    assert await disclosures.taking(one)
    assert not await disclosures.taking(one)
    return await disclosures.handed(one.id, "1" * 64)


async def happened(database: Database, session: SessionId, fact: Fact, at_ms: int) -> None:
    def job(db: Connection) -> None:
        if fact == "erased":
            put_stone(db, Tombstone(hash_of(session), "person", at_ms))
        owe(db, session, fact, at_ms)

    await database.write(job)


async def test_a_change_that_does_not_come_about_is_owed_to_nobody(
    recipients: Recipients, disclosures: Disclosures, database: Database
) -> None:
    """OB-39: it is one transaction."""
    one = await handed(disclosures)

    def fails(db: Connection) -> None:
        owe(db, one.session, "corrected", 1)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fails)
    assert await recipients.waiting() == []


async def test_each_recipient_is_owed_each_fact_once_at_a_time(
    recipients: Recipients, disclosures: Disclosures, database: Database
) -> None:
    """OB-39: a second correction is told with the first; after that it is owed anew."""
    one = await handed(disclosures)
    session = one.session
    await database.write(lambda db: put_recipient(db, session, "house", "f" * 16, 5))
    for at_ms in (10, 20):
        await happened(database, session, "corrected", at_ms)
    owed = await recipients.waiting()
    assert {(each.kind, each.recipient, each.since_ms) for each in owed} == {
        ("authority", one.id, 10), ("house", "f" * 16, 10),
    }  # fmt: skip
    assert owed == sorted(await recipients.of(hash_of(session)), key=lambda each: each.id)
    first = owed[0]
    await recipients.settle(first.id, "told", "mail", why="Per Fax.", by="officer a")
    with pytest.raises(Refused, match=r"notification\.settled"):
        await recipients.settle(first.id, "told", "mail", why="", by="officer b")
    with pytest.raises(LookupError):
        await recipients.settle("0" * 16, "told", "mail", why="", by="officer b")
    known = await recipients.find(first.id)
    assert known is not None
    assert (known.state, known.how, known.why) == ("told", "mail", "Per Fax.")
    await happened(database, session, "corrected", 30)
    assert sorted(each.since_ms for each in await recipients.waiting()) == [10, 30]
    for at_ms in (40, 50):
        await happened(database, session, "erased", at_ms)
    assert [(each.fact, each.since_ms) for each in await recipients.waiting()] == [
        ("erased", 40), ("erased", 40),
    ]  # fmt: skip


async def test_who_has_something_is_known_as_long_as_it_may_be_erased(
    recipients: Recipients, disclosures: Disclosures, database: Database, now: Now
) -> None:
    """OB-39, OB-49: a disclosure outlives its three years while the session is there; what was
    told is forgotten three years later, and then the rest."""
    one = await handed(disclosures)
    now.ms += FOUR_YEARS_MS
    assert [await recipients.forget(), await disclosures.forget()] == [0, 0]
    await happened(database, one.session, "erased", now.ms)
    now.ms += FOUR_YEARS_MS
    assert [await recipients.forget(), await disclosures.forget()] == [0, 0]  # nobody told them
    [waits] = await recipients.waiting()
    await recipients.settle(waits.id, "untold", "impossible", why="Fort.", by="officer a")
    assert [await recipients.forget(), await disclosures.forget()] == [0, 0]
    now.ms += FOUR_YEARS_MS
    assert [await recipients.forget(), await disclosures.forget()] == [2, 1]


async def test_a_month_ends_with_the_month() -> None:
    """OB-39: 31 January leads to the last of February."""
    at_ms = 1_769_860_000_000  # 31 January 2026, noon in Berlin
    one = Notification("a", b"", "house", "b", "erased", at_ms, "open", None, None, "")
    assert one.due_on == date(2026, 2, 28)
    assert [one.days(date(2026, 2, 28)), one.days(date(2026, 3, 1))] == [0, -1]
