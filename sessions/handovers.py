"""Handovers: where a session goes on from, for whom it is kept, and a note for whoever takes it.

The note is sealed under the session that goes on, and so is erased with it. It does not know how
the prospect gets there.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from sqlalchemy import Connection, Row, insert, select

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused, SessionId, State
from sessions.keys import Keys
from sessions.models import HandoverRow, SessionRow

Reason = Literal["handed", "clarify", "documents", "interrupted"]
OFFER_MS: Final = 45_000  # so long a named colleague is asked alone
MAX_NOTE: Final = 1_000  # characters
_PLACE: Final = "handover"


@dataclass(frozen=True, slots=True)
class Handover:
    """`to` is the account that is asked first, until `until_ms`; `before` the session it was."""

    session: SessionId
    before: SessionId | None
    at_ms: int
    reason: Reason
    by: str
    to: str | None
    until_ms: int | None
    noted: bool

    def kept_from(self, account: str, now_ms: int) -> bool:
        """Whether it is a colleague's turn."""
        return self.to not in (None, account) and now_ms < (self.until_ms or 0)


class Handovers:
    def __init__(self, database: Database, keys: Keys, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._keys = keys
        self._now_ms = now_ms

    async def of(self, sessions: Collection[SessionId]) -> dict[SessionId, Handover]:
        """Of those sessions that go on from another one."""
        if not sessions:
            return {}
        return await self._database.read(lambda db: handovers(db, sessions))

    async def after(self, session: SessionId) -> SessionId | None:
        """The session in which this one goes on."""
        wanted = select(HandoverRow.session_id).where(HandoverRow.before_id == session)
        found = await self._database.read(lambda db: db.scalar(wanted))
        return None if found is None else SessionId(found)

    async def writing(
        self, session: SessionId, facts: dict[str, Any], note: str
    ) -> Callable[[Connection], None]:
        """What writes it down, in a transaction of the caller's."""
        sealed = await self._keys.seal_note(session, _PLACE, note) if note else None
        row = facts | {"session_id": session, "note": sealed}
        return lambda db: db.execute(insert(HandoverRow), row).close()

    async def note(self, session: SessionId) -> str:
        """For whom it may be opened, the caller knows. Raises Shredded, Unreadable."""
        wanted = select(HandoverRow.note).where(HandoverRow.session_id == session)
        sealed = await self._database.read(lambda db: db.scalar(wanted))
        return "" if sealed is None else await self._keys.open_note(session, _PLACE, sealed)


def handovers(db: Connection, sessions: Collection[SessionId]) -> dict[SessionId, Handover]:
    wanted = select(HandoverRow.__table__).where(HandoverRow.session_id.in_(sessions))
    return {SessionId(row.session_id): _handover(row) for row in db.execute(wanted)}


def expect_offered(db: Connection, session: SessionId, account: str, now_ms: int) -> None:
    """Raises Refused("desk.offered") while a colleague is asked first."""
    waits = select(SessionRow.number).where(
        SessionRow.id == session, SessionRow.state == State.WAITING
    )
    if db.scalar(waits) is None:
        return
    found = handovers(db, [session]).get(session)
    if found is not None and found.kept_from(account, now_ms):
        raise Refused("desk.offered")


def clean_note(given: str) -> str:
    """A note as it is kept: plain lines, perhaps none. Raises Refused("handover.too_long")."""
    lines = given.replace("\r\n", "\n").replace("\r", "\n").strip()
    text = "".join(one for one in lines if one in "\n\t" or (one >= " " and one != "\x7f"))
    if len(text) > MAX_NOTE:
        raise Refused("handover.too_long", field="note", count=MAX_NOTE)
    return text


def _handover(row: Row[Any]) -> Handover:
    return Handover(
        session=SessionId(row.session_id),
        before=None if row.before_id is None else SessionId(row.before_id),
        at_ms=row.at_ms,
        reason=cast(Reason, row.reason),
        by=row.by_account,
        to=row.to_account,
        until_ms=row.until_ms,
        noted=row.note is not None,
    )
