"""Accounts, sign-ins that end, and who is free at the desk."""

import asyncio
from pathlib import Path

import pytest

from sessions.accounts import IDLE_MS, SIGN_IN_MS, Account, Accounts
from sessions.database import Database
from sessions.events import (
    Envelope,
    Epoch,
    Refused,
    Role,
    new_event_id,
    new_participant_id,
    sender_of,
)
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from tests.unit.sessions.conftest import Now


async def anna(accounts: Accounts, username: str = "anna") -> Account:
    return await accounts.add(
        username, display_name="Anna Öz", role=Role.ADVISOR, password_hash="$argon2id$canary"
    )


async def test_an_account_is_found_in_any_case(accounts: Accounts) -> None:
    added = await anna(accounts, " Anna ")
    assert added.username == "anna"
    assert await accounts.find("ANNA ") == added
    assert await accounts.get(added.id) == added
    assert await accounts.find("ben") is None
    assert await accounts.get("nobody") is None
    assert await accounts.list() == [added]
    assert "argon2" not in repr(added)


async def test_a_username_is_taken_once(accounts: Accounts) -> None:
    results = await asyncio.gather(
        *(anna(accounts, name) for name in ("anna", "Anna", "ANNA")), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert [(one.code, one.field) for one in refused] == [("account.exists", "username")] * 2


@pytest.mark.parametrize("role", [Role.PROSPECT, Role.SERVER, Role.GUEST])
async def test_only_those_who_sign_in_have_accounts(accounts: Accounts, role: Role) -> None:
    with pytest.raises(ValueError, match="no account"):
        await accounts.add("x", display_name="x", role=role, password_hash="x")


async def test_a_cookie_leads_to_its_account_until_signed_out(accounts: Accounts) -> None:
    account = await anna(accounts)
    one, two = await accounts.sign_in(account.id), await accounts.sign_in(account.id)
    assert one != two
    assert len(one) >= 43  # 256 bits
    assert await accounts.by_secret(one) == account
    await accounts.sign_out(one)
    await accounts.sign_out("never was")
    assert await accounts.by_secret(one) is None
    assert await accounts.by_secret(two) == account
    for secret in ("", "\ud800", two[:-1]):
        assert await accounts.by_secret(secret) is None


async def test_only_the_hash_of_a_cookie_is_on_disk(accounts: Accounts, folder: Path) -> None:
    account = await anna(accounts)
    secret = await accounts.sign_in(account.id)
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    assert account.id.encode() in everything
    assert secret.encode() not in everything


async def test_a_sign_in_ends_when_idle(accounts: Accounts, now: Now) -> None:
    secret = await accounts.sign_in((await anna(accounts)).id)
    for _ in range(5):
        now.ms += IDLE_MS - 1
        assert await accounts.by_secret(secret) is not None
    now.ms += IDLE_MS
    assert await accounts.by_secret(secret) is None


async def test_a_sign_in_ends_after_a_working_day(accounts: Accounts, now: Now) -> None:
    secret = await accounts.sign_in((await anna(accounts)).id)
    end_ms = now.ms + SIGN_IN_MS
    while now.ms + 600_000 < end_ms:
        now.ms += 600_000
        assert await accounts.by_secret(secret) is not None
    now.ms = end_ms
    assert await accounts.by_secret(secret) is None


async def test_expired_sign_ins_are_cleared_away(
    accounts: Accounts, database: Database, now: Now
) -> None:
    account = await anna(accounts)
    await accounts.sign_in(account.id)
    now.ms += SIGN_IN_MS
    await accounts.sign_in(account.id)
    count = "SELECT count(*) FROM sign_ins"
    assert await database.read(lambda db: db.exec_driver_sql(count).scalar()) == 1


async def test_disabling_and_a_new_password_end_every_sign_in(accounts: Accounts) -> None:
    account, other = await anna(accounts), await anna(accounts, "ben")
    kept = await accounts.sign_in(other.id)
    secret = await accounts.sign_in(account.id)
    assert await accounts.set_password(account.id, "new")
    assert await accounts.by_secret(secret) is None
    secret = await accounts.sign_in(account.id)
    assert await accounts.disable(account.id)
    assert await accounts.by_secret(secret) is None
    assert await accounts.by_secret(await accounts.sign_in(account.id)) is None
    assert await accounts.by_secret(kept) == other
    found = await accounts.find("anna")
    assert found is not None
    assert (found.password_hash, found.disabled_ms is not None) == ("new", True)
    assert not await accounts.disable("nobody")
    assert not await accounts.set_password("nobody", "new")


async def test_free_needs_the_wish_a_console_and_no_talk(
    accounts: Accounts, lifecycle: Lifecycle, log: Log, now: Now
) -> None:
    account = await anna(accounts)
    await accounts.add("op", display_name="O", role=Role.OPERATOR, password_hash="x")
    [desk] = await accounts.desk()
    assert (desk.wish, desk.open, desk.in_talk, desk.free) == ("away", False, False, False)
    await accounts.wish(account.id, "free")
    assert await accounts.free() == []
    await accounts.lease([account.id], now.ms + 15_000)
    assert await accounts.free() == [account.id]
    await accounts.lease([account.id], now.ms + 1)  # another node's shorter lease
    now.ms += 14_999
    assert await accounts.free() == [account.id]
    started = await lifecycle.start(
        name=Name("Li", "Wu"), topic=None, language="de", request=b"request"
    )
    accepted = Envelope(
        started.session, sender_of(new_participant_id()), new_event_id(),
        "session.accepted", Epoch(1), b"",
    )  # fmt: skip
    await log.append(accepted, account=account.id)
    assert [(one.in_talk, one.free) for one in await accounts.desk()] == [(True, False)]
    await lifecycle.end(started.session, "hung_up")
    assert await accounts.free() == [account.id]
    now.ms += 1
    assert await accounts.free() == []


async def test_a_wish_survives_a_closed_console_and_keeps_its_time(
    accounts: Accounts, now: Now
) -> None:
    account = await anna(accounts)
    await accounts.lease([account.id, account.id], now.ms + 1)
    await accounts.lease([], now.ms + 1)
    await accounts.wish(account.id, "busy")
    since = now.ms
    now.ms += 60_000
    await accounts.wish(account.id, "busy")
    [desk] = await accounts.desk()
    assert (desk.wish, desk.since_ms, desk.open) == ("busy", since, False)
    await accounts.wish(account.id, "free")
    assert (await accounts.desk())[0].since_ms == now.ms
    with pytest.raises(Refused) as refusal:
        await accounts.wish(account.id, "lunch")
    assert (refusal.value.code, refusal.value.field) == ("wish.unknown", "wish")


async def test_a_disabled_advisor_is_not_at_the_desk(accounts: Accounts, now: Now) -> None:
    account = await anna(accounts)
    await accounts.wish(account.id, "free")
    await accounts.lease([account.id], now.ms + 15_000)
    await accounts.disable(account.id)
    assert await accounts.desk() == []
    assert await accounts.free() == []
