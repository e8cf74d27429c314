"""Disclosures: nobody approves what they entered, and nothing is handed over before."""

import asyncio
from datetime import date
from typing import Any

import pytest

from sessions.database import Database
from sessions.disclosures import Disclosure, Disclosures, by_year
from sessions.events import Refused, new_session_id
from sessions.keys import Keys
from sessions.words import Words
from tests.unit.sessions.conftest import Now


@pytest.fixture
def disclosures(database: Database, keys: Keys, now: Now) -> Disclosures:
    return Disclosures(database, Words(keys), now_ms=now)


async def asked(disclosures: Disclosures, by: str = "officer a", **more: Any) -> Disclosure:
    return await disclosures.ask(
        new_session_id(), "court", ("times", "names"), authority="Amtsgericht", ground="§ 1",
        file_number="3 C 4/26", by=by, **more,
    )  # fmt: skip


async def test_a_passphrase_is_made_once_and_only_for_what_was_approved(
    disclosures: Disclosures, database: Database
) -> None:
    """OB-16, OB-09: sealed; and none where the recipient has a key."""
    one = await asked(disclosures)
    with pytest.raises(Refused, match=r"disclosure\.unapproved"):
        await disclosures.passphrase(one.id)
    await disclosures.decide(one.id, "approved", why="", by="officer b")
    made = await disclosures.passphrase(one.id)
    assert await disclosures.passphrase(one.id) == made
    rows = await database.read(
        lambda db: db.exec_driver_sql("SELECT passphrase FROM disclosures").all()
    )
    assert made.encode() not in bytes(rows[0][0])
    keyed = await asked(disclosures, recipient="age1" + "q" * 58)
    await disclosures.decide(keyed.id, "approved", why="", by="officer b")
    with pytest.raises(Refused, match=r"disclosure\.unapproved"):
        await disclosures.passphrase(keyed.id)


async def test_the_person_is_told_on_the_day_after_the_last(disclosures: Disclosures) -> None:
    """OB-16: a ban on telling has an end."""
    one = await asked(disclosures, untold_until=date(2026, 12, 24))
    assert await disclosures.of(one.session) == [one]
    assert not one.is_told(date(2026, 12, 24))
    assert one.is_told(date(2026, 12, 25))
    assert (await asked(disclosures)).is_told(date(2026, 1, 1))


async def test_it_takes_two(disclosures: Disclosures, database: Database, now: Now) -> None:
    """OB-16."""
    one = await asked(disclosures)
    assert await disclosures.find(one.id) == one
    for state in ("approved", "refused"):
        with pytest.raises(Refused, match=r"disclosure\.own"):
            await disclosures.decide(one.id, state, why="", by="officer a")
    with pytest.raises(Refused, match=r"disclosure\.unapproved"):
        await disclosures.handed(one.id, "0" * 64)
    approved = await disclosures.decide(one.id, "approved", why="", by="officer b")
    assert (approved.state, approved.decided_by) == ("approved", "officer b")
    handed = await disclosures.handed(one.id, "1" * 64)
    now.ms += 1_000
    again = await disclosures.handed(one.id, "1" * 64)
    assert again == handed
    rows = await database.read(lambda db: db.exec_driver_sql("SELECT words FROM disclosures").all())
    assert b"Amtsgericht" not in bytes(rows[0][0])
    with pytest.raises(LookupError):
        await disclosures.handed("0" * 16, "1" * 64)


async def test_of_two_decisions_at_once_one_holds(disclosures: Disclosures) -> None:
    """OB-16."""
    one = await asked(disclosures)
    results = await asyncio.gather(
        disclosures.decide(one.id, "approved", why="", by="officer b"),
        disclosures.decide(one.id, "refused", why="no", by="officer c"),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert [result.code for result in refused] == ["disclosure.decided"]


async def test_the_report_counts_what_became_of_each(disclosures: Disclosures, now: Now) -> None:
    """OB-18, OB-49: by year and kind of authority; what is over is forgotten."""
    for state in ("approved", "refused"):
        one = await asked(disclosures)
        await disclosures.decide(one.id, state, why="", by="officer b")
        if state == "approved":
            await disclosures.handed(one.id, "1" * 64)
    await asked(disclosures)
    [(year, report)] = by_year(await disclosures.known()).items()
    assert year == 1970
    assert {name: dict(counts) for name, counts in report.items()} == {
        "asked": {"court": 3}, "approved": {"court": 1}, "handed": {"court": 1},
        "refused": {"court": 1},
    }  # fmt: skip
    assert await disclosures.forget() == 0
    now.ms += 4 * 366 * 86_400_000
    assert await disclosures.forget() == 2
    assert len(await disclosures.known()) == 1  # what waits is not over
