"""Holds: sessions that may not be erased, or not be used by the house, whatever else is due.

A legal hold stands against every erasure; a restriction (Art. 18 GDPR) against all but the one that
the person asks for. Either keeps the house from opening the session. An objection to further use
restricts it until it is decided; once granted, it is erased when due, and never opened before.
Asked where rows are changed and keys are used, so that no way leads past it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.sql.elements import ColumnElement

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused, SessionId
from sessions.models import HoldRow, RequestRow, SessionRow, TombstoneRow
from sessions.owed import owe_restriction
from sessions.receipts import hash_of
from sessions.tombstones import Cause
from sessions.views import lock

HoldKind = Literal["hold", "restriction"]
_DAY_MS: Final = 86_400_000
REVIEW_MS: Final = 90 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Hold:
    """One of them: why, by whom, since when, and when to look whether it is still needed."""

    session: SessionId
    kind: HoldKind
    reason: str
    set_by: str
    set_ms: int
    review_ms: int


class Holds:
    def __init__(self, database: Database, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._now_ms = now_ms

    async def set(self, session: SessionId, kind: HoldKind, *, reason: str, by: str) -> Hold:
        """Hold it from now on; one that is there is replaced.

        Raises LookupError if there is no such session, or it is being erased.
        """
        now_ms = self._now_ms()
        row = {
            "session_id": session, "kind": kind, "reason": reason, "set_by": by,
            "set_ms": now_ms, "review_ms": now_ms + REVIEW_MS,
        }  # fmt: skip

        def job(db: Connection) -> None:
            lock(db, session)
            there = select(SessionRow.number).where(SessionRow.id == session)
            gone = select(TombstoneRow.facts).where(TombstoneRow.session_hash == hash_of(session))
            if db.scalar(there) is None or db.scalar(gone) is not None:
                raise LookupError("there is no such session")
            before = is_restricted(db, session)
            db.execute(delete(HoldRow).where(_one(session, kind))).close()
            db.execute(insert(HoldRow), row).close()
            owe_change(db, session, before, now_ms)

        await self._database.write(job)
        return Hold(session, kind, reason, by, now_ms, now_ms + REVIEW_MS)

    async def lift(self, session: SessionId, kind: HoldKind, *, by: str | None = None) -> bool:
        """Hold it no longer; whether it was held. `by`: only what they set themselves."""
        gone = delete(HoldRow).where(_one(session, kind))
        if by is not None:
            gone = gone.where(HoldRow.set_by == by)

        def job(db: Connection) -> int:
            lock(db, session)
            before = is_restricted(db, session)
            count = db.execute(gone).rowcount
            owe_change(db, session, before, self._now_ms())
            return count

        return await self._database.write(job) == 1

    async def list(self, session: SessionId | None = None) -> list[Hold]:
        """All of them, or those of one session; the next to be looked at first."""
        every = select(HoldRow.__table__).order_by(HoldRow.review_ms, HoldRow.session_id)
        if session is not None:
            every = every.where(HoldRow.session_id == session)
        rows = await self._database.read(lambda db: db.execute(every).all())
        return [
            Hold(SessionId(row.session_id), row.kind, row.reason, row.set_by, row.set_ms,
                 row.review_ms)
            for row in rows
        ]  # fmt: skip

    async def expect_usable(self, session: SessionId) -> None:
        """Raises Refused("session.restricted") if the house may not open it now."""
        if await self._database.read(lambda db: _unusable(db, session)):
            raise Refused("session.restricted")


def expect_erasable(db: Connection, session: SessionId, cause: Cause) -> None:
    """Raises Refused("session.held"); in the transaction that erases."""
    found = kinds_of(db, session)
    if "hold" in found or (found and cause != "person"):
        raise Refused("session.held")


def kinds_of(db: Connection, session: SessionId) -> set[str]:
    """What stands against erasing or using this session."""
    found = set(db.scalars(select(HoldRow.kind).where(HoldRow.session_id == session)))
    return found | ({"restriction"} if _objected(db, session) == "open" else set())


def is_restricted(db: Connection, session: SessionId) -> bool:
    """Whether it is as Art. 18 GDPR means it: not by a legal hold alone."""
    found = select(HoldRow.kind).where(_one(session, "restriction"))
    return db.scalar(found) is not None or _objected(db, session) is not None


def owe_change(db: Connection, session: SessionId, before: bool, at_ms: int) -> None:
    """What recipients have to hear of it; `before`: whether it was restricted."""
    now = is_restricted(db, session)
    if now != before:
        owe_restriction(db, session, restricted=now, at_ms=at_ms)


def _unusable(db: Connection, session: SessionId) -> bool:
    return bool(kinds_of(db, session)) or _objected(db, session) == "granted"


def _objected(db: Connection, session: SessionId) -> str | None:
    """Whether an objection to further use stands: it is open, or granted."""
    standing = select(RequestRow.state).where(
        RequestRow.session_id == session,
        RequestRow.kind == "objection",
        RequestRow.purpose == "quality",
        RequestRow.state.in_(("open", "granted")),
    )
    return db.scalar(standing.limit(1))


def _one(session: SessionId, kind: HoldKind) -> ColumnElement[bool]:
    return (HoldRow.session_id == session) & (HoldRow.kind == kind)
