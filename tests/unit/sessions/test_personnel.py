"""Administering accounts: what ends with it, and that somebody always can."""

import asyncio

import pytest

from sessions.accounts import ADVISING, Account, Accounts
from sessions.database import Database
from sessions.events import Refused, Role
from sessions.personnel import Personnel
from tests.unit.sessions.conftest import Now


@pytest.fixture
def personnel(database: Database, now: Now) -> Personnel:
    return Personnel(database, now_ms=now)


async def somebody(
    accounts: Accounts, role: Role = Role.ADVISOR, name: str = "", agency: str | None = None
) -> Account:
    return await accounts.add(
        name or f"some.{role}", display_name="S", role=role, password_hash="x", agency=agency
    )


async def test_everybody_is_listed_with_when_they_came(
    accounts: Accounts, personnel: Personnel, now: Now
) -> None:
    """And no more than that: a sign-in that is over is known to nobody."""
    one, other = await somebody(accounts, name="b"), await somebody(accounts, name="a")
    await accounts.sign_in(one.id)
    came_ms = now.ms
    assert [(each.account.id, each.signed_in_ms) for each in await personnel.list()] == [
        (other.id, None), (one.id, came_ms),
    ]  # fmt: skip
    [found] = await personnel.list(one.id)
    assert found.account == one
    assert await personnel.list("nobody") == []
    now.ms += 13 * 3_600_000
    assert [each.signed_in_ms for each in await personnel.list()] == [None, None]


async def test_what_takes_a_right_ends_every_sign_in(
    accounts: Accounts, personnel: Personnel, now: Now
) -> None:
    """AT-16: and only that account's."""
    one, other = await somebody(accounts), await somebody(accounts, name="other")
    kept = await accounts.sign_in(other.id)
    for act in (
        personnel.lock(one.id), personnel.unlock(one.id), personnel.end_sign_ins(one.id),
        personnel.give_password(one.id, "y", now.ms + 1),
        personnel.assign(one.id, Role.OPERATOR, None),
    ):  # fmt: skip
        secret = await accounts.sign_in(one.id)
        assert await act
        assert await accounts.by_secret(secret) is None
        assert await accounts.by_secret(kept) == other


async def test_a_locked_account_comes_back_as_it_was(
    accounts: Accounts, personnel: Personnel, now: Now
) -> None:
    one = await somebody(accounts)
    await accounts.wish(one.id, "free")
    await accounts.lease([one.id], now.ms + 1_000)
    assert await accounts.free() == [one.id]
    await personnel.lock(one.id)
    assert await accounts.desk() == []
    await personnel.unlock(one.id)
    assert await accounts.get(one.id) == one
    assert await accounts.free() == []


async def test_who_changes_the_agency_is_at_its_desk(
    accounts: Accounts, personnel: Personnel, now: Now
) -> None:
    """OB-01: and whoever advises no more is at none."""
    one = await somebody(accounts)
    await personnel.assign(one.id, Role.ADVISOR, "nord")
    assert [each.account for each in await accounts.colleagues("nord")] == [one.id]
    assert await accounts.colleagues(None) == []
    await personnel.assign(one.id, Role.OPERATOR, None)
    assert await accounts.desk() == []
    for role in set(Role) - ADVISING:
        with pytest.raises(ValueError, match=r"belongs to the house|has no account"):
            await personnel.assign(one.id, role, "nord")


async def test_a_password_for_once_is_told_apart(
    accounts: Accounts, personnel: Personnel, now: Now
) -> None:
    one = await somebody(accounts)
    assert (one.one_time, one.usable(now.ms)) == (False, True)
    await personnel.give_password(one.id, "y", now.ms + 1_000)
    given = await accounts.get(one.id)
    assert given is not None
    assert (given.password_hash, given.one_time, given.usable(now.ms)) == ("y", True, True)
    assert not given.usable(now.ms + 1_000)
    await accounts.set_password(one.id, "z")
    own = await accounts.get(one.id)
    assert own is not None
    assert (own.one_time, own.usable(now.ms + 2_000)) == (False, True)


async def test_the_last_administrator_stays_one(accounts: Accounts, personnel: Personnel) -> None:
    """OB-01: whatever anybody presses, and from the command line too."""
    admin = await somebody(accounts, Role.ADMIN)
    locked = await somebody(accounts, Role.ADMIN, "locked")
    await personnel.lock(locked.id)
    for act in (
        personnel.lock(admin.id), accounts.disable(admin.id),
        personnel.assign(admin.id, Role.OFFICER, None),
    ):  # fmt: skip
        with pytest.raises(Refused, match=r"account\.last"):
            await act
    assert await personnel.assign(admin.id, Role.ADMIN, None)
    assert await accounts.get(admin.id) == admin
    await personnel.unlock(locked.id)
    assert await personnel.lock(admin.id)


async def test_of_two_who_lock_each_other_at_once_one_stays(
    accounts: Accounts, personnel: Personnel
) -> None:
    """On a server each may see the other still there; one of them waits for the other."""
    pair = [await somebody(accounts, Role.ADMIN, side) for side in "ab"]
    for _ in range(20):
        results = await asyncio.gather(
            *(personnel.lock(one.id) for one in pair), return_exceptions=True
        )
        assert sorted(map(str, results)) == ["True", "account.last"]
        for one in pair:
            await personnel.unlock(one.id)


async def test_nobody_of_that_id_changes_nothing(personnel: Personnel) -> None:
    for act in (
        personnel.lock("nobody"), personnel.unlock("nobody"), personnel.end_sign_ins("nobody"),
        personnel.give_password("nobody", "x", 1), personnel.assign("nobody", Role.ADVISOR, None),
    ):  # fmt: skip
        assert not await act
