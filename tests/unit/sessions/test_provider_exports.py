"""Exports for the provider: nobody releases what they prepared, and only what was seen is given."""

import asyncio
from datetime import date

import pytest

from sessions.audit import Audit
from sessions.database import Database
from sessions.events import Refused
from sessions.exit import Exit
from sessions.keys import Keys
from sessions.provider_exports import ProviderExport, ProviderExports
from sessions.ways import PROVIDER
from sessions.words import Words
from tests.unit.sessions.conftest import Now

DOCUMENT = '{"numbers": ["ä"]}\n'.encode()


@pytest.fixture
def exports(database: Database, keys: Keys, now: Now) -> ProviderExports:
    return ProviderExports(database, Words(keys), now_ms=now)


async def prepared(exports: ProviderExports) -> ProviderExport:
    days = (date(2026, 11, 1), date(2026, 11, 30))
    return await exports.prepare(DOCUMENT, *days, purpose="contract seven", by="officer a")


async def given(database: Database, exports: ProviderExports, id: str, *, by: str) -> bytes:
    leave = await Exit(database, Audit(database)).leave(PROVIDER, actor=by, ground=id)
    return await exports.hand_over(leave)


async def test_it_takes_two_and_stays_as_it_was_seen(
    exports: ProviderExports, database: Database, now: Now
) -> None:
    """OB-14: byte by byte; who took it first stays; what for is sealed."""
    one = await prepared(exports)
    assert await exports.find(one.id) == one
    for state in ("approved", "refused"):
        with pytest.raises(Refused, match=r"disclosure\.own"):
            await exports.decide(one.id, state, why="", by="officer a")
    with pytest.raises(Refused, match=r"disclosure\.unapproved"):
        await given(database, exports, one.id, by="officer a")
    approved = await exports.decide(one.id, "approved", why="", by="officer b")
    assert (approved.decided_by, approved.purpose) == ("officer b", "contract seven")
    for by in ("officer a", "shell:ops"):
        now.ms += 1_000
        assert await given(database, exports, one.id, by=by) == DOCUMENT
    kept = await exports.find(one.id)
    assert kept
    assert (kept.state, kept.handed_by, kept.handed_ms) == ("handed", "officer a", 1_001_000)
    rows = await database.read(
        lambda db: db.exec_driver_sql("SELECT words FROM provider_exports").all()
    )
    assert b"contract" not in bytes(rows[0][0])
    with pytest.raises(LookupError):
        await exports.document("0" * 16)
    with pytest.raises(Refused, match=r"disclosure\.unapproved"):
        await given(database, exports, "0" * 16, by="x")


async def test_of_two_decisions_at_once_one_holds(exports: ProviderExports) -> None:
    """OB-14."""
    one = await prepared(exports)
    results = await asyncio.gather(
        exports.decide(one.id, "approved", why="", by="officer b"),
        exports.decide(one.id, "refused", why="no", by="officer c"),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert [result.code for result in refused] == ["disclosure.decided"]


async def test_what_is_over_is_forgotten(exports: ProviderExports, now: Now) -> None:
    """OB-49: three years after the decision; what waits is not over."""
    for decided in (True, False):
        one = await prepared(exports)
        if decided:
            await exports.decide(one.id, "refused", why="no", by="officer b")
    assert await exports.forget() == 0
    now.ms += 4 * 366 * 86_400_000
    assert await exports.forget() == 1
    assert [left.state for left in await exports.known()] == ["asked"]
