"""What is known of an invitation: where it stands, for whom, and whether its talk goes on.

Read straight from the tables. Names stay sealed here, and it changes nothing but where one stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, func, select, update

from sessions.events import Envelope, Refused, Role, SessionId, State
from sessions.invitation_rows import InvitationRow
from sessions.models import SeatRow, SessionRow
from sessions.views import GuestSort

Standing = Literal["open", "asked", "admitted", "refused", "withdrawn", "lapsed"]
Told = Literal["asked", "admitted", "refused", "over"]  # what whoever knocked is told


@dataclass(frozen=True, slots=True)
class Invitation:
    """As its advisor sees it; `name` is what whoever knocked typed."""

    id: str
    seat: GuestSort
    standing: Standing
    expires_ms: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Knocked:
    """What the browser proves itself with from now on. `fresh`: it did not knock before."""

    session: SessionId
    token: str
    seat: GuestSort
    fresh: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """Where the invitation stands now; `joined` when somebody took a seat by that."""

    standing: Standing
    fresh: bool
    joined: Envelope | None = None


def invitations_of(db: Connection, session: SessionId) -> Sequence[Row[Any]]:
    """All of a talk, the first first."""
    wanted = select(InvitationRow.__table__).where(InvitationRow.session_id == session)
    return db.execute(wanted.order_by(InvitationRow.made_ms, InvitationRow.id)).all()


def find(db: Connection, id: str) -> Row[Any] | None:
    return db.execute(select(InvitationRow.__table__).where(InvitationRow.id == id)).one_or_none()


def expect(db: Connection, id: str) -> Row[Any]:
    """Raises Refused("not.found"): its talk may have been erased meanwhile."""
    row = find(db, id)
    if row is None:
        raise Refused("not.found")
    return row


def guests_of(db: Connection, session: SessionId) -> int:
    """How many sit there now."""
    seated = select(func.count()).where(
        SeatRow.session_id == session, SeatRow.role == Role.GUEST, SeatRow.released_ms.is_(None)
    )
    return db.execute(seated).scalar_one()


def standing_of(row: Row[Any], now_ms: int) -> Standing:
    """As the row says, unless nobody used it in its time."""
    lapsed = row.state == "open" and row.expires_ms <= now_ms
    return "lapsed" if lapsed else cast(Standing, row.state)


def move(db: Connection, id: str, to: Standing, **more: Any) -> None:
    db.execute(update(InvitationRow).where(InvitationRow.id == id).values(state=to, **more)).close()


def state_of(db: Connection, session: SessionId) -> str | None:
    return db.scalar(select(SessionRow.state).where(SessionRow.id == session))


def with_seat(db: Connection, id: str) -> tuple[Row[Any] | None, bool]:
    """An invitation, and whether its talk goes on and whoever was let in still has the seat."""
    row = find(db, id)
    if row is None:
        return None, False
    there = state_of(db, SessionId(row.session_id)) == State.ACTIVE
    if there and row.state == "admitted":
        held = select(SeatRow.participant).where(
            SeatRow.session_id == row.session_id,
            SeatRow.participant == row.participant,
            SeatRow.released_ms.is_(None),
        )
        return row, db.scalar(held) is not None
    return row, there
