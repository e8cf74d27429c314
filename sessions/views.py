"""What a session looks like from outside: its state, its times, who has a seat in it.

Read straight from the tables. Names stay sealed here, so that a board that shows sessions cannot
show one by accident.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple, cast

from sqlalchemy import Connection, Row, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from sessions.agencies import seen_by
from sessions.events import Envelope, Epoch, ParticipantId, Role, Seq, SessionId, State
from sessions.models import SeatRow, SessionRow

Stage = Literal["preparing", "seated"]
GuestSort = Literal["guest", "interpreter"]  # how they are placed on a screen, and nothing more

GONE_MS: Final = 45_000  # a prospect who waits, or an advisor who prepares, may be away so long
GUEST_GONE_MS: Final = 120_000  # and a guest so long
DESERTED_MS: Final = 10 * 60_000  # a talk without anybody
MAX_WAIT_MS: Final = 4 * 3_600_000
_Lease = tuple[str, str, int]  # whose, their role, until when
_OPEN: Final = (State.WAITING, State.ACTIVE)


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant in one session; `joined` is set when the seat was taken just now."""

    session: SessionId
    participant: ParticipantId
    role: Role
    account: str | None
    stage: Stage
    present: bool
    taken_ms: int
    node: str | None
    name_sealed: bytes
    joined: Envelope | None = None
    since: int = 0  # the log up to there is not theirs to hear
    guest: GuestSort | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session; the roster holds the seats that are not released, oldest first."""

    session: SessionId
    state: State
    epoch: Epoch
    last_seq: Seq
    topic: str | None
    language: str
    created_ms: int
    accepted_ms: int | None
    ended_ms: int | None
    end_reason: str | None
    advisor_account: str | None
    roster: tuple[Seat, ...]
    edition: str | None = None  # of the notices that it began with
    agency: str | None = None  # whom the prospect came to; None: the house

    @property
    def waits_since_ms(self) -> int:
        """Later than they came, where they go on from another talk: their place is by the first."""
        taken_ms = [seat.taken_ms for seat in self.roster if seat.role is Role.PROSPECT]
        return max(self.created_ms, *taken_ms) if taken_ms else self.created_ms


@dataclass(frozen=True, slots=True)
class WaitingView:
    """One prospect who waits, as the desk shows them to advisors."""

    session: SessionId
    first_name: str
    last_name: str
    topic: str | None
    language: str
    waiting_since_ms: int
    present: bool
    prepared_by: frozenset[str]


class Place(NamedTuple):
    """Who waits, and for whom."""

    session: SessionId
    agency: str | None


@dataclass(frozen=True, slots=True)
class Lapse:
    """What has run out: a session, or with `participant` only their seat."""

    session: SessionId
    reason: str
    participant: ParticipantId | None = None


def lock(db: Connection, session: SessionId) -> None:
    """Let nobody else change this session until the transaction ends, also on another node.

    SQLite, where only one writes, does not know the word and is not asked.
    """
    locked = select(SessionRow.number).where(SessionRow.id == session)
    db.execute(locked.with_for_update(key_share=True)).close()


def view_of(db: Connection, session: SessionId, now_ms: int) -> SessionView | None:
    rows = select(SessionRow.__table__).where(SessionRow.id == session)
    return next(iter(_views(db, db.execute(rows).all(), now_ms)), None)


def open_sessions(db: Connection, now_ms: int, *states: State) -> list[SessionView]:
    """Sessions in these states, by default waiting and active, in the order they came."""
    rows = (
        select(SessionRow.__table__)
        .where(SessionRow.state.in_(states or _OPEN))
        .order_by(SessionRow.created_ms, SessionRow.id)
    )
    return _views(db, db.execute(rows).all(), now_ms)


def waiting_for(db: Connection, agency: str | None, now_ms: int) -> list[SessionView]:
    """The sessions that wait for an agency, or for the house, in the order they came."""
    rows = (
        select(SessionRow.__table__)
        .where(SessionRow.state == State.WAITING, seen_by(agency))
        .order_by(SessionRow.created_ms, SessionRow.id)
    )
    return _views(db, db.execute(rows).all(), now_ms)


def recent_talks_ms(db: Connection, count: int, *of: ColumnElement[bool]) -> list[int]:
    """How long the last talks were, newest first: all, or those `of` which something holds."""
    talks = (
        select(SessionRow.ended_ms - SessionRow.accepted_ms)
        .where(SessionRow.state == State.ENDED, SessionRow.accepted_ms.is_not(None), *of)
        .order_by(SessionRow.ended_ms.desc())
        .limit(count)
    )
    return [int(talk or 0) for talk in db.scalars(talks)]


def ended_since(
    db: Connection, since_ms: int, now_ms: int, reason: str | None = None,
    *whose: ColumnElement[bool],
) -> list[SessionView]:  # fmt: skip
    """Sessions that ended then or later, for this reason or any, newest first; at most 500."""
    ended = [SessionRow.state == State.ENDED, SessionRow.ended_ms >= since_ms, *whose]
    rows = (
        select(SessionRow.__table__)
        .where(*ended if reason is None else (*ended, SessionRow.end_reason == reason))
        .order_by(SessionRow.ended_ms.desc())
        .limit(500)
    )
    return _views(db, db.execute(rows).all(), now_ms)


def advisor_talks(
    db: Connection, account: str, agency: str | None, since_ms: int, now_ms: int
) -> list[SessionView]:
    """One advisor's sessions: those that run, in the order they came, and those that ended then
    or later, newest first; of this agency, or of the house."""
    theirs = (SessionRow.advisor_account == account, seen_by(agency))
    running = (
        select(SessionRow.__table__)
        .where(SessionRow.state.in_(_OPEN), *theirs)
        .order_by(SessionRow.created_ms, SessionRow.id)
    )
    return [
        *_views(db, db.execute(running).all(), now_ms),
        *ended_since(db, since_ms, now_ms, None, *theirs),
    ]


def queue(db: Connection) -> list[Place]:
    """Who waits, first come first; whoever gave the seat up does not wait any more."""
    waits = exists().where(
        SeatRow.session_id == SessionRow.id,
        SeatRow.role == Role.PROSPECT,
        SeatRow.released_ms.is_(None),
    )
    rows = (
        select(SessionRow.id, SessionRow.agency)
        .where(SessionRow.state == State.WAITING, waits)
        .order_by(SessionRow.created_ms, SessionRow.id)
    )
    return [Place(SessionId(id), agency) for id, agency in db.execute(rows)]


def agencies_of(db: Connection, sessions: Collection[SessionId]) -> dict[SessionId, str | None]:
    """Whom each of these sessions is for; those that there are."""
    rows = select(SessionRow.id, SessionRow.agency).where(SessionRow.id.in_(sessions))
    return {SessionId(id): agency for id, agency in db.execute(rows)}


def absent(db: Connection, now_ms: int) -> list[tuple[SessionId, ParticipantId]]:
    """Whose lease has run out, in every session that is not over."""
    rows = (
        select(SeatRow.session_id, SeatRow.participant)
        .join(SessionRow, SessionRow.id == SeatRow.session_id)
        .where(
            SessionRow.state.in_(_OPEN),
            SeatRow.released_ms.is_(None),
            SeatRow.lease_until_ms <= now_ms,
        )
    )
    return [(SessionId(id), ParticipantId(who)) for id, who in db.execute(rows)]


def lapses(db: Connection, now_ms: int) -> list[Lapse]:
    """Who waited, prepared, talked or was a guest until nobody was there any more."""
    talks = [Lapse(session, "expired") for session in _deserted(db, now_ms - DESERTED_MS)]
    talks += _guests_gone(db, now_ms - GUEST_GONE_MS)
    held = (SeatRow.session_id == SessionRow.id) & SeatRow.released_ms.is_(None)
    session = (SessionRow.id, SessionRow.created_ms)
    rows = (
        select(*session, SeatRow.participant, SeatRow.role, SeatRow.lease_until_ms)
        .outerjoin(SeatRow, held)
        .where(SessionRow.state == State.WAITING)
        .order_by(SessionRow.created_ms, SessionRow.id, SeatRow.participant)
    )
    lapsed: list[Lapse] = []
    for (id, created_ms), group in groupby(db.execute(rows), lambda row: row[:2]):
        seats: list[_Lease] = [(who, role, ms) for *_, who, role, ms in group if who is not None]
        lapsed += _lapses_of_waiting(SessionId(id), created_ms, seats, now_ms)
    return talks + lapsed


def _deserted(db: Connection, limit_ms: int) -> list[SessionId]:
    """Talks where nobody was since then: guests do not keep up a talk that is not theirs."""
    held = exists().where(
        SeatRow.session_id == SessionRow.id,
        SeatRow.role != Role.GUEST,
        SeatRow.released_ms.is_(None),
    )
    last = held.where(SeatRow.lease_until_ms >= limit_ms)
    rows = (
        select(SessionRow.id)
        .where(SessionRow.state == State.ACTIVE, ~last)
        .where(or_(held, SessionRow.accepted_ms < limit_ms))
        .order_by(SessionRow.created_ms, SessionRow.id)
    )
    return [SessionId(id) for id in db.scalars(rows)]


def _guests_gone(db: Connection, limit_ms: int) -> list[Lapse]:
    """Guests of talks who were not there since then."""
    rows = (
        select(SeatRow.session_id, SeatRow.participant)
        .join(SessionRow, SessionRow.id == SeatRow.session_id)
        .where(
            SessionRow.state == State.ACTIVE,
            SeatRow.role == Role.GUEST,
            SeatRow.released_ms.is_(None),
            SeatRow.lease_until_ms < limit_ms,
        )
        .order_by(SeatRow.session_id, SeatRow.participant)
    )
    return [Lapse(SessionId(id), "lost", ParticipantId(who)) for id, who in db.execute(rows)]


def _lapses_of_waiting(
    session: SessionId, created_ms: int, seats: list[_Lease], now_ms: int
) -> list[Lapse]:
    if created_ms < now_ms - MAX_WAIT_MS:
        return [Lapse(session, "expired")]
    gone = {who for who, _, until_ms in seats if until_ms < now_ms - GONE_MS}
    if all(who in gone for who, role, _ in seats if role == Role.PROSPECT):
        return [Lapse(session, "abandoned")]
    return [Lapse(session, "lost", ParticipantId(who)) for who in sorted(gone)]


def _views(db: Connection, rows: Iterable[Row[Any]], now_ms: int) -> list[SessionView]:
    rows = list(rows)
    states = {row.id: State(row.state) for row in rows}
    rosters: defaultdict[str, list[Seat]] = defaultdict(list)
    for seat in _seats(db, list(states)):
        rosters[seat.session_id].append(seat_of_row(seat, states[seat.session_id], now_ms))
    return [
        SessionView(
            session=SessionId(row.id),
            state=states[row.id],
            epoch=Epoch(row.epoch),
            last_seq=Seq(row.last_seq),
            topic=row.topic,
            language=row.language,
            created_ms=row.created_ms,
            accepted_ms=row.accepted_ms,
            ended_ms=row.ended_ms,
            end_reason=row.end_reason,
            advisor_account=row.advisor_account,
            roster=tuple(rosters[row.id]),
            edition=row.edition,
            agency=row.agency,
        )
        for row in rows
    ]


def _seats(db: Connection, sessions: list[str]) -> Iterable[Row[Any]]:
    seats = (
        select(SeatRow.__table__)
        .where(SeatRow.session_id.in_(sessions), SeatRow.released_ms.is_(None))
        .order_by(SeatRow.taken_ms, SeatRow.participant)
    )
    return db.execute(seats).all()


def seats_ever(db: Connection, session: SessionId, now_ms: int) -> list[Seat]:
    """All seats of a session, also those that were released, the first to be taken first."""
    wanted = (
        select(SeatRow.__table__, SessionRow.state)
        .join(SessionRow, SessionRow.id == SeatRow.session_id)
        .where(SeatRow.session_id == session)
        .order_by(SeatRow.taken_ms)
    )
    return [seat_of_row(row, State(row.state), now_ms) for row in db.execute(wanted).all()]


def seat_of_row(row: Row[Any], state: State, now_ms: int) -> Seat:
    """A seat from the columns of its row."""
    role = Role(row.role)
    return Seat(
        session=SessionId(row.session_id),
        participant=ParticipantId(row.participant),
        role=role,
        account=row.account_id,
        stage=stage_of(role, state),
        present=row.lease_until_ms > now_ms,
        taken_ms=row.taken_ms,
        node=row.node,
        name_sealed=row.name_sealed,
        since=row.since_seq,
        guest=cast(GuestSort | None, row.guest),
    )


def stage_of(role: Role, state: State) -> Stage:
    """An advisor in a waiting session has not accepted yet."""
    return "preparing" if role is Role.ADVISOR and state is State.WAITING else "seated"
