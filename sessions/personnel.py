"""Administering accounts: lock, unlock, another role or agency, a password that is good for once.

What takes a right away ends every sign-in with it. Somebody can always administer accounts. It does
not know who asks, and sees no session.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from sessions.accounts import (
    ADVISING,
    Account,
    account_of,
    expect_another_admin,
    expect_place,
    valid,
)
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Role
from sessions.models import AccountRow, AvailabilityRow, SignInRow


class Listed(NamedTuple):
    """An account, and since when it is signed in; None: nowhere."""

    account: Account
    signed_in_ms: int | None


class Personnel:
    def __init__(self, database: Database, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._now_ms = now_ms

    async def list(self, account: str | None = None) -> "list[Listed]":
        """Everybody by username, or one of them."""
        since = (
            select(func.max(SignInRow.created_ms))
            .where(SignInRow.account_id == AccountRow.id, valid(self._now_ms()))
            .scalar_subquery()
        )
        wanted = select(AccountRow.__table__, since.label("since")).order_by(AccountRow.username)
        if account is not None:
            wanted = wanted.where(AccountRow.id == account)
        rows = await self._database.read(lambda db: db.execute(wanted).all())
        return [Listed(account_of(row), row.since) for row in rows]

    async def lock(self, account: str) -> bool:
        """Nobody signs in with it any more, and whoever is signed in is out; False if unknown.

        Raises Refused("account.last").
        """
        return await self._change(account, {"disabled_ms": self._now_ms()}, takes_admin=True)

    async def unlock(self, account: str) -> bool:
        """Its password is what it was; False if unknown."""
        return await self._change(account, {"disabled_ms": None})

    async def end_sign_ins(self, account: str) -> bool:
        """Out of every browser; the password is good for coming in again. False if unknown."""
        return await self._change(account, {})

    async def give_password(self, account: str, password_hash: str, until_ms: int) -> bool:
        """One that is good until then, for setting another; False if unknown."""
        given = {"password_hash": password_hash, "password_until_ms": until_ms}
        return await self._change(account, given)

    async def assign(self, account: str, role: Role, agency: str | None) -> bool:
        """Another role or agency from now on; talks that run stay where they are. False if unknown.

        Raises Refused("account.last"), or ValueError as `Accounts.add` does.
        """
        expect_place(role, agency)
        given = {"role": role, "agency": agency}
        return await self._change(account, given, takes_admin=role is not Role.ADMIN)

    async def _change(
        self, account: str, values: dict[str, Any], *, takes_admin: bool = False
    ) -> bool:
        here = AccountRow.id == account

        def job(db: Connection) -> bool:
            if takes_admin:
                expect_another_admin(db, account)
            if values:
                db.execute(update(AccountRow).where(here).values(values)).close()
            db.execute(delete(SignInRow).where(SignInRow.account_id == account)).close()
            kept = db.execute(
                select(AccountRow.role, AccountRow.disabled_ms).where(here)
            ).one_or_none()
            if kept is None:
                return False
            if kept.disabled_ms is not None or kept.role not in ADVISING:
                gone = delete(AvailabilityRow).where(AvailabilityRow.account_id == account)
                db.execute(gone).close()
            return True

        return await self._database.write(job)
