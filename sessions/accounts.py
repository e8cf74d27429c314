"""Who signs in, from which browsers, and who of them is free at the desk.

It keeps rows: hashes of passwords and of cookies, never either. How a browser proves who it is,
and how a password is hashed, is known above.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from sessions.agencies import sees
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused, Role, State
from sessions.models import AccountRow, AvailabilityRow, SessionRow, SignInRow

Wish = Literal["free", "busy", "away"]

SIGN_IN_MS: Final = 12 * 3_600_000
IDLE_MS: Final = 60 * 60_000
_SEEN_STEP_MS: Final = 60_000  # a page full of requests is one write
_WISHES: Final[frozenset[str]] = frozenset(get_args(Wish))
ADVISING: Final = frozenset({Role.ADVISOR, Role.LEAD})  # who may take a session
_ROLES: Final = ADVISING | {Role.OPERATOR, Role.OFFICER, Role.AUDITOR, Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who signs in across sessions."""

    id: str
    username: str
    display_name: str
    title: str
    role: Role
    password_hash: str = field(repr=False)
    disabled_ms: int | None
    created_ms: int
    agency: str | None = None  # of an advisor; None: of the house
    password_until_ms: int | None = None

    @property
    def one_time(self) -> bool:
        """Its password was handed out by somebody else, and is good for setting another one."""
        return self.password_until_ms is not None

    def usable(self, now_ms: int) -> bool:
        """Whether somebody may sign in with it now."""
        return self.disabled_ms is None and now_ms < (self.password_until_ms or now_ms + 1)


@dataclass(frozen=True, slots=True)
class Availability:
    """One advisor at the desk: what they wish, and what is so."""

    account: str
    wish: Wish
    since_ms: int
    open: bool  # a console of theirs is known open
    in_talk: bool
    agency: str | None = None

    @property
    def free(self) -> bool:
        return self.open and self.wish == "free" and not self.in_talk


class Accounts:
    def __init__(self, database: Database, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._now_ms = now_ms

    # ---- accounts

    async def add(
        self, username: str, *, display_name: str, role: Role, password_hash: str, title: str = "",
        agency: str | None = None, password_until_ms: int | None = None,
    ) -> Account:  # fmt: skip
        """Raises Refused("account.exists"), or ValueError for a role that signs in nowhere, and
        for an agency's account that is no advisor's."""
        expect_place(role, agency)
        row = {
            "id": secrets.token_hex(16),
            "username": _folded(username),
            "display_name": display_name,
            "title": title,
            "role": role,
            "password_hash": password_hash,
            "password_until_ms": password_until_ms,
            "disabled_ms": None,
            "created_ms": self._now_ms(),
            "agency": agency,
        }
        try:
            await self._database.write(lambda db: db.execute(insert(AccountRow), row).close())
        except IntegrityError:
            raise Refused("account.exists", field="username") from None
        return Account(**row)  # type: ignore[arg-type]

    async def find(self, username: str) -> Account | None:
        """By the name they type, in any case; also a disabled one."""
        return await self._database.read(_one(AccountRow.username == _folded(username)))

    async def get(self, account: str) -> Account | None:
        return await self._database.read(_one(AccountRow.id == account))

    async def disable(self, account: str) -> bool:
        """Nobody signs in with it any more, and whoever is signed in is out; False if unknown.

        Raises Refused("account.last").
        """
        return await self._change(account, {"disabled_ms": self._now_ms()}, keeps_desk=False)

    async def set_password(self, account: str, password_hash: str) -> bool:
        """A new one of its person's own, which ends every sign-in; False if unknown."""
        given = {"password_hash": password_hash, "password_until_ms": None}
        return await self._change(account, given, keeps_desk=True)

    async def _change(self, account: str, values: dict[str, Any], *, keeps_desk: bool) -> bool:
        def job(db: Connection) -> bool:
            if not keeps_desk:
                expect_another_admin(db, account)
            changed = db.execute(update(AccountRow).where(AccountRow.id == account).values(values))
            db.execute(delete(SignInRow).where(SignInRow.account_id == account))
            if not keeps_desk:
                db.execute(delete(AvailabilityRow).where(AvailabilityRow.account_id == account))
            return changed.rowcount == 1

        return await self._database.write(job)

    # ---- sign-ins

    async def sign_in(self, account: str) -> str:
        """The secret for the cookie; only its hash is kept. Clears away what has expired."""
        secret, now_ms = secrets.token_urlsafe(32), self._now_ms()
        row = {
            "id_hash": _hash(secret),
            "account_id": account,
            "created_ms": now_ms,
            "seen_ms": now_ms,
            "expires_ms": now_ms + SIGN_IN_MS,
        }

        def job(db: Connection) -> None:
            db.execute(delete(SignInRow).where(~valid(now_ms)))
            db.execute(insert(SignInRow), row)

        await self._database.write(job)
        return secret

    async def by_secret(self, secret: str) -> Account | None:
        """Who is signed in with this cookie: not expired, not idle for long, not disabled."""
        now_ms, id_hash = self._now_ms(), _hash(secret)
        wanted = (
            select(AccountRow.__table__, SignInRow.seen_ms)
            .join(SignInRow, SignInRow.account_id == AccountRow.id)
            .where(SignInRow.id_hash == id_hash, valid(now_ms), AccountRow.disabled_ms.is_(None))
        )
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        if row is None:
            return None
        if row.seen_ms <= now_ms - _SEEN_STEP_MS:
            seen = update(SignInRow).where(SignInRow.id_hash == id_hash).values(seen_ms=now_ms)
            await self._database.write(lambda db: db.execute(seen).close())
        return account_of(row)

    async def sign_out(self, secret: str) -> None:
        gone = delete(SignInRow).where(SignInRow.id_hash == _hash(secret))
        await self._database.write(lambda db: db.execute(gone).close())

    # ---- the desk

    async def wish(self, account: str, wish: str) -> None:
        """What the advisor wants to be; Refused("wish.unknown") for any other word."""
        if wish not in _WISHES:
            raise Refused("wish.unknown", field="wish")
        now_ms = self._now_ms()
        here = AvailabilityRow.account_id == account

        def job(db: Connection) -> None:
            changed = update(AvailabilityRow).where(here, AvailabilityRow.wish != wish)
            _make_room(db, account, now_ms)
            db.execute(changed.values(wish=wish, since_ms=now_ms))

        await self._database.write(job)

    async def lease(self, accounts: Iterable[str], until_ms: int) -> None:
        """A console of each of these is open until then; nobody's lease gets shorter."""
        names, now_ms = sorted(accounts), self._now_ms()

        def job(db: Connection) -> None:
            for account in names:
                _make_room(db, account, now_ms)
            longer = update(AvailabilityRow).where(
                AvailabilityRow.account_id.in_(names), AvailabilityRow.lease_until_ms < until_ms
            )
            db.execute(longer.values(lease_until_ms=until_ms))

        if names:
            await self._database.write(job)

    async def desk(self) -> "list[Availability]":
        """Every advisor who may sign in, by name."""
        now_ms = self._now_ms()
        return await self._database.read(lambda db: _desk(db, now_ms))

    async def colleagues(self, agency: str | None) -> "list[Availability]":
        """Those of them who answer for an agency, or for the house."""
        return [advisor for advisor in await self.desk() if sees(agency, advisor.agency)]

    async def free(self, agency: str | None = None) -> "list[str]":
        """The accounts of the advisors whom a new prospect may ring."""
        return [advisor.account for advisor in await self.colleagues(agency) if advisor.free]

    async def list(self) -> "list[Account]":
        """Everybody, by username."""
        wanted = select(AccountRow.__table__).order_by(AccountRow.username)
        return await self._database.read(
            lambda db: [account_of(row) for row in db.execute(wanted).all()]
        )


def _one(condition: ColumnElement[bool]) -> Callable[[Connection], Account | None]:
    wanted = select(AccountRow.__table__).where(condition)

    def job(db: Connection) -> Account | None:
        row = db.execute(wanted).one_or_none()
        return None if row is None else account_of(row)

    return job


def expect_place(role: Role, agency: str | None) -> None:
    """Raises ValueError for a role that signs in nowhere, or that belongs to no agency."""
    if role not in _ROLES:
        raise ValueError(f"a {role} has no account")
    if agency is not None and role not in ADVISING:
        raise ValueError(f"a {role} belongs to the house")


def expect_another_admin(db: Connection, account: str) -> None:
    """Raises Refused("account.last") if without this one nobody could administer accounts.

    Where two of them lock each other at once, one waits here and then finds itself alone.
    """
    admins = (
        select(AccountRow.id)
        .where(AccountRow.role == Role.ADMIN, AccountRow.disabled_ms.is_(None))
        .order_by(AccountRow.id)
        .with_for_update()
    )
    if db.scalars(admins).all() == [account]:
        raise Refused("account.last")


def account_of(row: Row[Any]) -> Account:
    """An account as it was read."""
    return Account(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        title=row.title,
        role=Role(row.role),
        password_hash=row.password_hash,
        disabled_ms=row.disabled_ms,
        created_ms=row.created_ms,
        agency=row.agency,
        password_until_ms=row.password_until_ms,
    )


def valid(now_ms: int) -> ColumnElement[bool]:
    """Of the rows of sign-ins, those that are not over."""
    return (SignInRow.expires_ms > now_ms) & (SignInRow.seen_ms > now_ms - IDLE_MS)


def _make_room(db: Connection, account: str, now_ms: int) -> None:
    """A row at the desk for an account that has none; away until they say otherwise."""
    fresh = {"account_id": account, "wish": "away", "since_ms": now_ms, "lease_until_ms": 0}
    db.execute(_ROOM, fresh)


# Both databases read this alike. Another node may make the same row in the same moment.
_ROOM: Final = text("""
INSERT INTO availability (account_id, wish, since_ms, lease_until_ms)
VALUES (:account_id, :wish, :since_ms, :lease_until_ms) ON CONFLICT DO NOTHING""")


def _desk(db: Connection, now_ms: int) -> list[Availability]:
    talks = (
        select(func.count())
        .where(SessionRow.state == State.ACTIVE, SessionRow.advisor_account == AccountRow.id)
        .scalar_subquery()
    )
    advisors = (
        select(AccountRow.id, AccountRow.agency, AvailabilityRow.__table__, talks.label("talks"))
        .outerjoin(AvailabilityRow, AvailabilityRow.account_id == AccountRow.id)
        .where(AccountRow.role.in_(ADVISING), AccountRow.disabled_ms.is_(None))
        .order_by(AccountRow.username)
    )
    return [
        Availability(
            account=row.id,
            wish=row.wish or "away",
            since_ms=row.since_ms or 0,
            open=(row.lease_until_ms or 0) > now_ms,
            in_talk=row.talks > 0,
            agency=row.agency,
        )
        for row in db.execute(advisors)
    ]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _folded(username: str) -> str:
    return username.strip().casefold()
