"""Sessions from waiting to active to ended, and the seats in them.

What it logs is in the same transaction as the row that it speaks of, and is handed back for the
caller to announce: it does not know who listens. It moves forward only; the log sees to that.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import Unreadable, seal_as_server
from sessions.events import (
    Envelope,
    Epoch,
    EventId,
    ParticipantId,
    Refused,
    Role,
    SessionId,
    State,
    new_participant_id,
    new_session_id,
)
from sessions.keys import Keys, Shredded
from sessions.log import Log
from sessions.models import AccountRow, SeatRow, SessionRow
from sessions.names import Name
from sessions.views import (
    Lapse,
    Seat,
    SessionView,
    WaitingView,
    lapses,
    open_sessions,
    recent_talks_ms,
    seat_of_row,
    stage_of,
    view_of,
)

__all__ = ["Lapse", "Lifecycle", "Name", "Seat", "SessionView", "Started", "WaitingView"]

MAX_PREPARING: Final = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A session and its prospect's seat. `fresh` is False for a request that was seen before."""

    session: SessionId
    participant: ParticipantId
    token: str
    fresh: bool
    joined: Envelope | None


class _Overtaken(Exception):
    """The session changed while an event about it was being sealed; look again."""


class Lifecycle:
    def __init__(
        self, database: Database, log: Log, keys: Keys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._database = database
        self._log = log
        self._keys = keys
        self._now_ms = now_ms

    # ---- the prospect

    async def start(
        self, *, name: Name, topic: str | None, language: str, request: bytes
    ) -> Started:
        """A new waiting session; the same `request` again leads to the same one.

        The key comes first, then session, seat and participant.joined in one transaction.
        """
        request_hash = hashlib.sha256(request).digest()
        if earlier := await self._database.read(_started(request_hash)):
            return self._again(*earlier, request)
        session, participant = new_session_id(), new_participant_id()
        await self._keys.create(session)
        body = {"participant": participant, "role": Role.PROSPECT, "name": name.full}
        joined = await self._seal(session, Epoch(1), "participant.joined", body | _SEATED)
        token = _token(self._keys.secret("seat"), request, session)
        seat = {
            "role": Role.PROSPECT,
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "name_sealed": await self._keys.seal_name(session, participant, name.packed()),
        }
        row = {"topic": topic, "language": language, "request_hash": request_hash}

        def job(db: Connection) -> Envelope:
            db.execute(insert(SessionRow), self._session_row(session) | row)
            db.execute(insert(SeatRow), self._seat_row(session, participant) | seat)
            return self._log.insert(db, joined)

        try:
            logged = await self._database.write(job)
        except IntegrityError:  # the same request came twice at once, and the other was first
            await self._keys.shred(session)
            earlier = await self._database.read(_started(request_hash))
            if earlier is None:
                raise
            return self._again(*earlier, request)
        return Started(session, participant, token, fresh=True, joined=logged)

    async def seat_of(self, session: SessionId, token: str) -> Seat | None:
        """The prospect's seat that this token proves; None also when it is gone."""
        token_hash = hashlib.sha256(token.encode(errors="replace")).digest()
        wanted = (
            select(SeatRow.__table__, SessionRow.state)
            .join(SessionRow, SessionRow.id == SeatRow.session_id)
            .where(
                SeatRow.token_hash == token_hash,
                SeatRow.session_id == session,
                SeatRow.released_ms.is_(None),
            )
        )
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        return None if row is None else seat_of_row(row, State(row.state), self._now_ms())

    # ---- advisors

    async def advisor_seat(self, session: SessionId, account: str, *, prepare: bool) -> Seat:
        """The advisor's seat, taken if there is none.

        In a waiting session it is one of those who prepare; in an active one only its own
        advisor has a seat. Raises Refused: session.ended, session.taken, desk.prepared (three
        are preparing already), kind.role (no such advisor).
        """
        while True:
            try:
                return await self._advisor_seat(session, account, prepare)
            except _Overtaken:
                continue

    async def _advisor_seat(self, session: SessionId, account: str, prepare: bool) -> Seat:
        now_ms = self._now_ms()
        view = await self._database.read(lambda db: view_of(db, session, now_ms))
        mine = _find_or_admit(view, account, prepare=prepare)
        if mine is not None:
            return mine
        assert view is not None
        advisor = await self._database.read(_advisor(account))
        participant = new_participant_id()
        stage = stage_of(Role.ADVISOR, view.state)
        body = {
            "participant": participant,
            "role": Role.ADVISOR,
            "name": advisor.display_name,
            "title": advisor.title,
            "stage": stage,
        }
        joined = await self._seal(session, view.epoch, "participant.joined", body)
        sealed = await self._keys.seal_name(session, participant, advisor.display_name)
        row = {"role": Role.ADVISOR, "account_id": account, "name_sealed": sealed}

        def job(db: Connection) -> Envelope:
            present = view_of(db, session, self._now_ms())
            if (
                present is None
                or (present.state, present.epoch) != (view.state, view.epoch)
                or _find_or_admit(present, account, prepare=prepare) is not None
            ):
                raise _Overtaken
            db.execute(insert(SeatRow), self._seat_row(session, participant) | row)
            return self._log.insert(db, joined)

        logged = await self._database.write(job)
        seat = Seat(
            session, participant, Role.ADVISOR, account, stage,
            present=False, taken_ms=logged.at_ms, node=None, name_sealed=sealed,
        )  # fmt: skip
        return replace(seat, joined=logged)

    async def dismissed(self, session: SessionId) -> list[Envelope]:
        """participant.left of everyone whose seat an acceptance released; once for each."""
        released = select(SeatRow.participant).where(
            SeatRow.session_id == session,
            SeatRow.role == Role.ADVISOR,
            SeatRow.released_ms.is_not(None),
        )
        participants = await self._database.read(lambda db: db.scalars(released).all())
        left = [
            await self._leave(session, ParticipantId(participant), "taken")
            for participant in participants
        ]
        return [envelope for envelope in left if envelope is not None]

    # ---- both

    async def name_of(self, seat: Seat) -> str:
        """The name at this seat. Raises Shredded, or Unreadable."""
        text = await self._keys.open_name(seat.session, seat.participant, seat.name_sealed)
        return Name.unpacked(text).full

    async def release(
        self, session: SessionId, participant: ParticipantId, reason: str
    ) -> Envelope | None:
        """Give a seat up for good; None if it was given up already, or the session is over."""
        return await self._leave(session, participant, reason)

    async def end(self, session: SessionId, reason: str) -> Envelope | None:
        """End the session as the server; None if it is over already."""
        view = await self.view(session)
        if view is None or view.state is State.ENDED:
            return None
        ended = await self._seal(session, view.epoch, "session.ended", {"reason": reason})
        try:
            return await self._log.append(ended, reason=reason)
        except Refused as refusal:
            if refusal.code == "session.ended":
                return None
            raise

    async def hold(
        self, leases: Iterable[tuple[SessionId, ParticipantId]], until_ms: int, node: str
    ) -> None:
        """This node sees these participants until then. It shortens no lease of another node."""
        rows = [
            {"s": session, "p": participant, "until": until_ms, "node": node}
            for session, participant in leases
        ]
        if rows:
            await self._database.write(lambda db: db.execute(_HOLD, rows).close())

    # ---- looking

    async def view(self, session: SessionId) -> SessionView | None:
        now_ms = self._now_ms()
        return await self._database.read(lambda db: view_of(db, session, now_ms))

    async def live(self) -> list[SessionView]:
        """Everything that waits or talks, in the order it came."""
        now_ms = self._now_ms()
        return await self._database.read(lambda db: open_sessions(db, now_ms))

    async def waiting(self) -> list[WaitingView]:
        """Who waits, longest first, with names: for advisors only."""
        now_ms = self._now_ms()
        views = await self._database.read(lambda db: open_sessions(db, now_ms, State.WAITING))
        named = [await self._waiting(view) for view in views]
        return [view for view in named if view is not None]

    async def recent_talks_s(self, n: int = 20) -> list[int]:
        """How long the last `n` talks were, newest first."""
        talks = await self._database.read(lambda db: recent_talks_ms(db, n))
        return [talk_ms // 1_000 for talk_ms in talks]

    async def lapsed(self, now_ms: int | None = None) -> list[Lapse]:
        """What has run out and should be settled."""
        at_ms = self._now_ms() if now_ms is None else now_ms
        return await self._database.read(lambda db: lapses(db, at_ms))

    async def settle(self, lapse: Lapse) -> Envelope | None:
        """Do what a lapse asks for; None if somebody did already."""
        if lapse.participant is not None:
            return await self.release(lapse.session, lapse.participant, lapse.reason)
        return await self.end(lapse.session, lapse.reason)

    # ---- inside

    async def _seal(
        self, session: SessionId, epoch: Epoch, kind: str, body: Mapping[str, Any],
        id: EventId | None = None,
    ) -> Envelope:  # fmt: skip
        key = await self._keys.content_key(session, epoch)
        return seal_as_server(kind, dict(body), session=session, epoch=epoch, key=key, id=id)

    async def _leave(
        self, session: SessionId, participant: ParticipantId, reason: str
    ) -> Envelope | None:
        """Release the seat if it is held; log participant.left once, whoever asks how often."""
        # One id for each seat's end makes a repetition visible; the secret, unforeseeable.
        id = _digest(self._keys.secret("left"), session, participant)[:32]
        while True:
            view = await self.view(session)
            if view is None or view.state is State.ENDED:
                return None
            body = {"participant": participant, "reason": reason}
            left = await self._seal(session, view.epoch, "participant.left", body, EventId(id))
            try:
                logged = await self._database.write(self._leaving(left, participant))
            except Refused as refusal:
                if refusal.code == "epoch.wrong":
                    continue
                if refusal.code == "session.ended":
                    return None
                raise
            return logged if logged is not None and logged.sealed == left.sealed else None

    def _leaving(
        self, left: Envelope, participant: ParticipantId
    ) -> Callable[[Connection], Envelope | None]:
        def job(db: Connection) -> Envelope | None:
            here = (SeatRow.session_id == left.session) & (SeatRow.participant == participant)
            if db.scalar(select(SeatRow.participant).where(here)) is None:
                return None
            free = update(SeatRow).where(here, SeatRow.released_ms.is_(None))
            db.execute(free.values(released_ms=self._now_ms()))
            return self._log.insert(db, left)

        return job

    async def _waiting(self, view: SessionView) -> WaitingView | None:
        prospects = [seat for seat in view.roster if seat.role is Role.PROSPECT]
        if not prospects:
            return None  # left, and about to be swept
        [prospect] = prospects
        try:
            packed = await self._keys.open_name(
                view.session, prospect.participant, prospect.name_sealed
            )
        except Shredded:
            return None
        except Unreadable:
            _log.error("the name at a seat of session %s is unreadable", view.session[:8])
            packed = ""
        name = Name.unpacked(packed)
        return WaitingView(
            session=view.session,
            first_name=name.first,
            last_name=name.last,
            topic=view.topic,
            language=view.language,
            waiting_since_ms=view.created_ms,
            present=prospect.present,
            prepared_by=frozenset(seat.account for seat in view.roster if seat.account),
        )

    def _again(self, session: str, participant: str, token_hash: bytes, request: bytes) -> Started:
        for secret in self._keys.secrets("seat"):  # the master key may be another by now
            token = _token(secret, request, SessionId(session))
            if hashlib.sha256(token.encode()).digest() == token_hash:
                return Started(
                    SessionId(session), ParticipantId(participant), token, fresh=False, joined=None
                )
        raise Refused("request.spent")

    def _session_row(self, session: SessionId) -> dict[str, Any]:
        return {
            "id": session,
            "state": State.WAITING,
            "last_seq": 0,
            "epoch": 1,
            "created_ms": self._now_ms(),
        }

    def _seat_row(self, session: SessionId, participant: ParticipantId) -> dict[str, Any]:
        now_ms = self._now_ms()
        return {
            "session_id": session,
            "participant": participant,
            "taken_ms": now_ms,
            "lease_until_ms": now_ms,  # not here yet
        }


_SEATED: Final = {"stage": "seated"}

_HOLD: Final = (
    update(SeatRow)
    .where(
        SeatRow.session_id == bindparam("s"),
        SeatRow.participant == bindparam("p"),
        SeatRow.released_ms.is_(None),
        or_(
            SeatRow.lease_until_ms < bindparam("until"),
            SeatRow.node == bindparam("node"),
        ),
    )
    .values(lease_until_ms=bindparam("until"), node=bindparam("node"))
)


def _find_or_admit(view: SessionView | None, account: str, *, prepare: bool) -> Seat | None:
    """The seat that this account has, or None if it may take one; raises Refused if not."""
    if view is None or view.state is State.ENDED:
        raise Refused("session.ended")
    advisors = [seat for seat in view.roster if seat.role is Role.ADVISOR]
    for seat in advisors:
        if seat.account == account:
            return seat
    if view.state is State.ACTIVE and view.advisor_account != account:
        raise Refused("session.taken")
    if prepare and view.state is State.WAITING and len(advisors) >= MAX_PREPARING:
        raise Refused("desk.prepared")
    return None


def _started(request_hash: bytes) -> Callable[[Connection], tuple[str, str, bytes] | None]:
    wanted = (
        select(SeatRow.session_id, SeatRow.participant, SeatRow.token_hash)
        .join(SessionRow, SessionRow.id == SeatRow.session_id)
        .where(SessionRow.request_hash == request_hash, SeatRow.role == Role.PROSPECT)
    )

    def job(db: Connection) -> tuple[str, str, bytes] | None:
        row = db.execute(wanted).one_or_none()
        return None if row is None else (row.session_id, row.participant, row.token_hash or b"")

    return job


def _advisor(account: str) -> Callable[[Connection], Any]:
    wanted = select(AccountRow.display_name, AccountRow.title).where(
        AccountRow.id == account,
        AccountRow.role == Role.ADVISOR,
        AccountRow.disabled_ms.is_(None),
    )

    def job(db: Connection) -> Any:
        row = db.execute(wanted).one_or_none()
        if row is None:
            raise Refused("kind.role")
        return row

    return job


def _token(secret: bytes, request: bytes, session: SessionId) -> str:
    return hmac.digest(secret, request + bytes.fromhex(session), hashlib.sha256).hex()


def _digest(secret: bytes, *parts: str) -> str:
    return hmac.digest(secret, "|".join(parts).encode(), hashlib.sha256).hex()
