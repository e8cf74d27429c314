"""Sessions from waiting to active to ended, and the seats in them.

What it logs is in the same transaction as the row that it speaks of, and is handed back for the
caller to announce: it does not know who listens. It moves forward only; the log sees to that.
"""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from sessions.agencies import seen_by, sees
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import Unreadable
from sessions.events import (
    Envelope,
    Epoch,
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
from sessions.models import SeatRow, SessionRow
from sessions.names import Name
from sessions.seats import Seats, seat_row, token_hashes
from sessions.views import (
    Lapse,
    Seat,
    SessionView,
    WaitingView,
    absent,
    advisor_talks,
    agencies_of,
    ended_since,
    lapses,
    lock,
    open_sessions,
    queue,
    recent_talks_ms,
    seat_of_row,
    seats_ever,
    view_of,
    waiting_for,
)

__all__ = ["Lapse", "Lifecycle", "Name", "Seat", "SessionView", "Started", "WaitingView"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A session and its prospect's seat. `fresh` is False for a request that was seen before."""

    session: SessionId
    participant: ParticipantId
    token: str
    fresh: bool
    joined: Envelope | None


Also = Callable[[SessionId], Awaitable[Callable[[Connection], dict[str, int]]]]


def nothing_more(_db: Connection) -> dict[str, int]:
    return {}


class Lifecycle:
    def __init__(
        self, database: Database, log: Log, keys: Keys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._database = database
        self._log = log
        self._keys = keys
        self._now_ms = now_ms
        self._seats = Seats(database, log, keys, now_ms=now_ms)

    # ---- the prospect

    async def start(
        self,
        *,
        name: Name,
        topic: str | None,
        language: str,
        request: bytes,
        edition: str | None = None,
        spends: bytes | None = None,
        enter: Callable[[], Awaitable[None]] | None = None,
        also: Also | None = None,
        said: Mapping[str, Any] = MappingProxyType({}),
        to_count: bool = False,
        agency: str | None = None,
    ) -> Started:
        """A new waiting session; the same `request` again leads to the same one.

        `edition` says which notices the prospect was shown.
        What a request `spends` can be used by no other: Refused("request.spent"). `enter` is asked
        once, for a request that was not seen before, and raises what keeps it out. `also` is
        given the session that will be, and what it answers with is done in the same transaction:
        that answers with columns of its own, or raises Refused. `said` goes into
        participant.joined. `to_count`: the prospect does not object to being counted.
        `agency`: whose advisors answer; None: those of the house.
        The key comes first, then session, seat and participant.joined in one transaction.
        """
        request_hash = hashlib.sha256(request if spends is None else spends).digest()
        if earlier := await self._database.read(_started(request_hash)):
            return self._again(*earlier, request)
        if enter is not None:
            await enter()
        session, participant = new_session_id(), new_participant_id()
        await self._keys.create(session)
        body = {"participant": participant, "role": Role.PROSPECT, "name": name.full, **said}
        joined = await self._keys.seal_event(
            session, Epoch(1), "participant.joined", body | {"stage": "seated"}
        )
        token = _token(self._keys.secret("seat"), request, session)
        seat = {
            "role": Role.PROSPECT,
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "name_sealed": await self._keys.seal_name(session, participant, name.packed()),
        }
        row = {
            "topic": topic, "language": language, "request_hash": request_hash, "edition": edition,
            "to_count": to_count, "agency": agency,
        }  # fmt: skip
        alongside = nothing_more if also is None else await also(session)

        def job(db: Connection) -> Envelope:
            db.execute(insert(SessionRow), self._session_row(session) | row | alongside(db))
            db.execute(insert(SeatRow), seat_row(session, participant, self._now_ms()) | seat)
            return self._log.insert(db, joined)

        try:
            logged = await self._database.write(job)
        except Refused:
            await self._keys.shred(session)
            raise
        except IntegrityError:  # the same request came twice at once, and the other was first
            await self._keys.shred(session)
            earlier = await self._database.read(_started(request_hash))
            if earlier is None:
                raise
            return self._again(*earlier, request)
        return Started(session, participant, token, fresh=True, joined=logged)

    async def seat_of(self, session: SessionId, token: str) -> Seat | None:
        """The prospect's or guest's seat that this token proves; None also when it is gone."""
        wanted = (
            select(SeatRow.__table__, SessionRow.state)
            .join(SessionRow, SessionRow.id == SeatRow.session_id)
            .where(
                SeatRow.token_hash.in_(token_hashes(token)),
                SeatRow.session_id == session,
                SeatRow.released_ms.is_(None),
            )
        )
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        return None if row is None else seat_of_row(row, State(row.state), self._now_ms())

    # ---- seats

    async def advisor_seat(self, session: SessionId, account: str, *, prepare: bool) -> Seat:
        """The advisor's seat; see `Seats.take`."""
        return await self._seats.take(session, account, prepare=prepare)

    async def release(
        self, session: SessionId, participant: ParticipantId, reason: str
    ) -> Envelope | None:
        """Give a seat up for good; see `Seats.leave`."""
        return await self._seats.leave(session, participant, reason)

    async def dismissed(self, session: SessionId) -> list[Envelope]:
        """participant.left of everyone whose seat an acceptance released; once for each."""
        return await self._seats.dismissed(session)

    async def hold(
        self, leases: Iterable[tuple[SessionId, ParticipantId]], until_ms: int, node: str | None
    ) -> None:
        """This node sees these participants until then; see `Seats.hold`."""
        await self._seats.hold(leases, until_ms, node)

    async def name_of(self, seat: Seat) -> str:
        """The name at this seat. Raises Shredded, or Unreadable."""
        text = await self._keys.open_name(seat.session, seat.participant, seat.name_sealed)
        return Name.unpacked(text).full

    async def end(
        self,
        session: SessionId,
        reason: str,
        *,
        said: Mapping[str, Any] = MappingProxyType({}),
        only_if: Callable[[Connection], bool] = lambda _db: True,
    ) -> Envelope | None:
        """End the session as the server; None if it is over already. `reason` is kept in clear,
        `said` is added to what its participants are told."""
        view = await self.view(session)
        if view is None or view.state is State.ENDED:
            return None
        body = {"reason": reason, **said}
        ended = await self._keys.seal_event(session, view.epoch, "session.ended", body)

        def job(db: Connection) -> Envelope | None:
            lock(db, session)
            return self._log.insert(db, ended, reason=reason) if only_if(db) else None

        try:
            return await self._database.write(job)
        except Refused as refusal:
            if refusal.code == "session.ended":
                return None
            raise

    # ---- what runs out, and looking

    async def everybody(self, session: SessionId) -> list[Seat]:
        """Who ever had a seat in it, also who gave it up; the first first."""
        now_ms = self._now_ms()
        return await self._database.read(lambda db: seats_ever(db, session, now_ms))

    async def view(self, session: SessionId) -> SessionView | None:
        now_ms = self._now_ms()
        return await self._database.read(lambda db: view_of(db, session, now_ms))

    async def view_for(self, session: SessionId, agency: str | None) -> SessionView | None:
        """What an advisor of an agency, or of the house, may see of it: all, or that there is no
        such session."""
        view = await self.view(session)
        return view if view is not None and sees(agency, view.agency) else None

    async def live(self) -> list[SessionView]:
        """Everything that waits or talks, in the order it came."""
        now_ms = self._now_ms()
        return await self._database.read(lambda db: open_sessions(db, now_ms))

    async def queue(self) -> list[SessionId]:
        """Who waits, first come first; whoever gave the seat up does not wait any more."""
        return [place.session for place in await self._database.read(queue)]

    async def queues(self) -> dict[str | None, list[SessionId]]:
        """The same apart for each agency, and for the house: each is answered by its own."""
        found: dict[str | None, list[SessionId]] = {}
        for place in await self._database.read(queue):
            found.setdefault(place.agency, []).append(place.session)
        return found

    async def agencies(self, sessions: Collection[SessionId]) -> dict[SessionId, str | None]:
        """Whom each of these sessions is for; those that there are."""
        return await self._database.read(lambda db: agencies_of(db, sessions))

    async def absent(self) -> list[tuple[SessionId, ParticipantId]]:
        """Whose lease has run out, in every session that is not over."""
        now_ms = self._now_ms()
        return await self._database.read(lambda db: absent(db, now_ms))

    async def ended_since(self, since_ms: int, reason: str | None = None) -> list[SessionView]:
        """What is over since then, for this reason or any; newest first."""
        now_ms = self._now_ms()
        return await self._database.read(lambda db: ended_since(db, since_ms, now_ms, reason))

    async def over_of(self, agency: str | None, since_ms: int) -> list[SessionView]:
        """What of one agency, or of the house, is over since then; newest first."""
        now_ms, whose = self._now_ms(), seen_by(agency)
        return await self._database.read(lambda db: ended_since(db, since_ms, now_ms, None, whose))

    async def advisor_talks(
        self, account: str, agency: str | None, since_ms: int
    ) -> list[SessionView]:
        """What an advisor of this agency, or of the house, talks in or talked in since then."""
        now_ms = self._now_ms()
        return await self._database.read(
            lambda db: advisor_talks(db, account, agency, since_ms, now_ms)
        )

    async def waiting(self, agency: str | None = None) -> list[WaitingView]:
        """Who waits for an agency, or the house, longest first, with names: for its advisors."""
        now_ms = self._now_ms()
        views = await self._database.read(lambda db: waiting_for(db, agency, now_ms))
        named = [await self._waiting(view) for view in views]
        return [view for view in named if view is not None]

    async def recent_talks_s(self, n: int = 20) -> list[int]:
        """How long the last `n` talks were, newest first."""
        talks = await self._database.read(lambda db: recent_talks_ms(db, n))
        return [talk_ms // 1_000 for talk_ms in talks]

    async def talks_of(self, agency: str | None, n: int = 20) -> list[int]:
        """The same of the talks of one agency, or of the house."""
        talks = await self._database.read(lambda db: recent_talks_ms(db, n, seen_by(agency)))
        return [talk_ms // 1_000 for talk_ms in talks]

    async def lapsed(self, now_ms: int | None = None) -> list[Lapse]:
        """What has run out and should be settled."""
        at_ms = self._now_ms() if now_ms is None else now_ms
        return await self._database.read(lambda db: lapses(db, at_ms))

    async def settle(self, lapse: Lapse) -> Envelope | None:
        """Do what a lapse asks for; None if it is no longer so: someone came back, or accepted."""

        def still(db: Connection) -> bool:
            return lapse in lapses(db, self._now_ms())

        if lapse.participant is not None:
            return await self._seats.leave(
                lapse.session, lapse.participant, lapse.reason, only_if=still
            )
        return await self.end(lapse.session, lapse.reason, only_if=still)

    # ---- inside

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


def _token(secret: bytes, request: bytes, session: SessionId) -> str:
    return hmac.digest(secret, request + bytes.fromhex(session), hashlib.sha256).hex()
