"""Breaches: the clock runs from when it was noticed, and stops for a reason only."""

from dataclasses import replace

import pytest

from sessions.breaches import REPORT_MS, Breaches, Facts
from sessions.database import Database
from sessions.events import Refused
from sessions.keys import Keys
from sessions.words import Words
from tests.unit.sessions.conftest import Now

FACTS = Facts(("confidentiality",), ("names",), happened="A screen was left open.")


@pytest.fixture
def breaches(database: Database, keys: Keys, now: Now) -> Breaches:
    return Breaches(database, Words(keys), now_ms=now)


async def test_what_is_known_grows_and_each_state_has_a_hash(
    breaches: Breaches, database: Database, now: Now
) -> None:
    breach = await breaches.note(now.ms - 1_000, FACTS, by="officer a")
    assert breach.due_ms == now.ms - 1_000 + REPORT_MS
    more = replace(FACTS, people=12, risk="high", measures="Locked.")
    now.ms += 5_000
    grown = await breaches.add(breach.id, more)
    assert (grown.facts, grown.changed_ms) == (more, now.ms)
    assert more.digest != FACTS.digest
    assert replace(more, people=None, risk="unknown", measures="").digest == FACTS.digest
    assert await breaches.find(breach.id) == grown
    rows = await database.read(lambda db: db.exec_driver_sql("SELECT words FROM breaches").all())
    assert b"screen" not in bytes(rows[0][0])
    with pytest.raises(LookupError):
        await breaches.add("0" * 16, more)


async def test_the_clock_stops_with_a_report_or_without_a_risk(
    breaches: Breaches, now: Now
) -> None:
    """Art. 33(1): no report only where no risk is likely; a late one says why."""
    breach = await breaches.note(now.ms, FACTS, by="officer a")
    with pytest.raises(Refused, match=r"breach\.risk"):
        await breaches.close(breach.id, "unreported", told="why", late="", by="officer a")
    await breaches.add(breach.id, replace(FACTS, risk="none"))
    closed = await breaches.close(breach.id, "unreported", told="sealed", late="", by="officer a")
    assert (closed.state, closed.told, closed.closed_ms) == ("unreported", "sealed", now.ms)
    with pytest.raises(Refused, match=r"breach\.closed"):
        await breaches.close(breach.id, "reported", told="1", late="", by="officer a")
    late = await breaches.note(now.ms, FACTS, by="officer a")
    now.ms += REPORT_MS + 1
    with pytest.raises(Refused, match=r"breach\.late"):
        await breaches.close(late.id, "reported", told="AZ 7", late="", by="officer a")
    told = await breaches.close(late.id, "reported", told="AZ 7", late="ill", by="officer b")
    assert (told.told, told.late) == ("AZ 7", "ill")
    assert (await breaches.add(late.id, replace(FACTS, people=3))).told == "AZ 7"  # Art. 33(4)


async def test_the_open_ones_come_first_and_the_closed_ones_go_in_time(
    breaches: Breaches, now: Now
) -> None:
    """OB-49."""
    closed = await breaches.note(now.ms, replace(FACTS, risk="none"), by="officer a")
    await breaches.close(closed.id, "unreported", told="x", late="", by="officer a")
    later = await breaches.note(now.ms, FACTS, by="officer a")
    sooner = await breaches.note(now.ms - 1, FACTS, by="officer a")
    assert [one.id for one in await breaches.known()] == [sooner.id, later.id, closed.id]
    assert await breaches.forget() == 0
    now.ms += 4 * 366 * 86_400_000
    assert await breaches.forget() == 1
    assert [one.id for one in await breaches.known()] == [sooner.id, later.id]
