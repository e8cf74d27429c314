"""Seats: taken by advisors, held by leases, given up for good.

An event about a seat is in the same transaction as its row. It decides who may sit in a session
by what the tables say, and knows nothing of tickets and connections.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, insert, or_, select, tuple_, update

from sessions.accounts import ADVISING
from sessions.agencies import sees
from sessions.clock import Clock
from sessions.database import Database
from sessions.events import (
    Envelope,
    EventId,
    ParticipantId,
    Refused,
    Role,
    SessionId,
    State,
    new_participant_id,
)
from sessions.handovers import expect_offered
from sessions.keys import Keys
from sessions.log import Log
from sessions.models import AccountRow, SeatRow
from sessions.views import Seat, SessionView, lock, stage_of, view_of

MAX_PREPARING: Final = 3
_HELD_AT_ONCE: Final = 100


class _Overtaken(Exception):
    """The session changed while an event about it was being sealed; look again."""


class Seats:
    def __init__(self, database: Database, log: Log, keys: Keys, *, now_ms: Clock) -> None:
        self._database = database
        self._log = log
        self._keys = keys
        self._now_ms = now_ms

    async def take(self, session: SessionId, account: str, *, prepare: bool) -> Seat:
        """The advisor's seat, taken if there is none.

        In a waiting session it is one of those who prepare; in an active one only its own
        advisor has a seat. Raises Refused: not.found (of another agency), session.ended,
        session.taken, desk.prepared (three are preparing already), desk.offered (a colleague is
        asked first), kind.role (no such advisor).
        """
        agency = await self._database.read(lambda db: agency_of(db, account))
        while True:
            view = await self._view(session)
            if view is not None and not sees(agency, view.agency):
                raise Refused("not.found")
            mine = _find_or_admit(view, account, prepare=prepare)
            if mine is not None:
                return mine
            assert view is not None
            await self._database.read(
                lambda db: expect_offered(db, session, account, self._now_ms())
            )
            try:
                return await self._take(view, account, prepare=prepare)
            except _Overtaken:
                continue

    async def leave(
        self,
        session: SessionId,
        participant: ParticipantId,
        reason: str,
        *,
        only_if: Callable[[Connection], bool] = lambda _db: True,
    ) -> Envelope | None:
        """Give a seat up for good and log participant.left, once, whoever asks how often.

        None: it was logged before, there is no such seat, or the session is over.
        """
        # One id for each seat's end makes a repetition visible; the secret, unforeseeable.
        id = EventId(_digest(self._keys.secret("left"), session, participant)[:32])
        while True:
            view = await self._view(session)
            if view is None or view.state is State.ENDED:
                return None
            body = {"participant": participant, "reason": reason}
            left = await self._keys.seal_event(session, view.epoch, "participant.left", body, id=id)
            try:
                logged = await self._database.write(self._leaving(left, participant, only_if))
            except Refused as refusal:
                if refusal.code == "epoch.wrong":
                    continue
                if refusal.code == "session.ended":
                    return None
                raise
            return logged if logged is not None and logged.sealed == left.sealed else None

    async def dismissed(self, session: SessionId) -> list[Envelope]:
        """participant.left of everyone whose seat an acceptance released; once for each."""
        released = select(SeatRow.participant).where(
            SeatRow.session_id == session,
            SeatRow.role == Role.ADVISOR,
            SeatRow.released_ms.is_not(None),
        )
        participants = await self._database.read(lambda db: db.scalars(released).all())
        left = [
            await self.leave(session, ParticipantId(participant), "taken")
            for participant in participants
        ]
        return [envelope for envelope in left if envelope is not None]

    async def hold(
        self, leases: Iterable[tuple[SessionId, ParticipantId]], until_ms: int, node: str | None
    ) -> None:
        """This node sees these participants until then, or whichever they come to (`None`). It
        shortens no lease of another node."""
        seats = sorted(leases)  # two nodes in one order
        for first in range(0, len(seats), _HELD_AT_ONCE):
            held = seats[first : first + _HELD_AT_ONCE]
            await self._database.write(partial(_hold, held, until_ms, node))

    # ---- inside

    async def _view(self, session: SessionId) -> SessionView | None:
        now_ms = self._now_ms()
        return await self._database.read(lambda db: view_of(db, session, now_ms))

    async def _take(self, view: SessionView, account: str, *, prepare: bool) -> Seat:
        """Seal what will be logged, then write it if the session is still as it was."""
        session, participant = view.session, new_participant_id()
        name, title = await self._database.read(_advisor(account))
        stage = stage_of(Role.ADVISOR, view.state)
        body = {"participant": participant, "role": Role.ADVISOR, "name": name, "title": title}
        joined = await self._keys.seal_event(
            session, view.epoch, "participant.joined", body | {"stage": stage}
        )
        sealed = await self._keys.seal_name(session, participant, name)
        row = {"role": Role.ADVISOR, "account_id": account, "name_sealed": sealed}

        def job(db: Connection) -> Envelope:
            now_ms = self._now_ms()
            lock(db, session)
            today = view_of(db, session, now_ms)
            if (
                _find_or_admit(today, account, prepare=prepare) is not None
                or today is None
                or (today.state, today.epoch) != (view.state, view.epoch)
            ):
                raise _Overtaken
            db.execute(insert(SeatRow), seat_row(session, participant, now_ms) | row)
            return self._log.insert(db, joined)

        logged = await self._database.write(job)
        return Seat(
            session=session,
            participant=participant,
            role=Role.ADVISOR,
            account=account,
            stage=stage,
            present=False,
            taken_ms=logged.at_ms,
            node=None,
            name_sealed=sealed,
            joined=logged,
        )

    def _leaving(
        self, left: Envelope, participant: ParticipantId, only_if: Callable[[Connection], bool]
    ) -> Callable[[Connection], Envelope | None]:
        here = (SeatRow.session_id == left.session) & (SeatRow.participant == participant)

        def job(db: Connection) -> Envelope | None:
            lock(db, left.session)
            if not only_if(db) or db.scalar(select(SeatRow.participant).where(here)) is None:
                return None
            held = update(SeatRow).where(here, SeatRow.released_ms.is_(None))
            db.execute(held.values(released_ms=self._now_ms()))
            return self._log.insert(db, left)

        return job


def _hold(
    held: list[tuple[SessionId, ParticipantId]], until_ms: int, node: str | None, db: Connection
) -> None:
    seat = tuple_(SeatRow.session_id, SeatRow.participant)
    renewed = (
        update(SeatRow)
        .where(
            SeatRow.session_id.in_({session for session, _ in held}),  # SQLite finds by this alone
            seat.in_(held),
            SeatRow.released_ms.is_(None),
            or_(SeatRow.lease_until_ms < until_ms, SeatRow.node == node, SeatRow.node.is_(None)),
        )
        .values(lease_until_ms=until_ms, node=node)
    )
    db.execute(renewed).close()


def token_hashes(token: str) -> tuple[bytes, bytes]:
    """What is kept of a seat's token: a prospect's, and a guest's.

    A node of the release before does not find a guest's seat, and so tells them nothing of what
    was before they came.
    """
    told = token.encode(errors="replace")
    return hashlib.sha256(told).digest(), hashlib.sha256(b"guest|" + told).digest()


def seat_row(session: SessionId, participant: ParticipantId, now_ms: int) -> dict[str, Any]:
    """What every new seat has in common: nobody sits there yet."""
    return {
        "session_id": session,
        "participant": participant,
        "taken_ms": now_ms,
        "lease_until_ms": now_ms,
    }


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


def agency_of(db: Connection, account: str) -> str | None:
    """To whom an account belongs; None: to the house, or there is no such account."""
    return db.scalar(select(AccountRow.agency).where(AccountRow.id == account))


def _advisor(account: str) -> Callable[[Connection], tuple[str, str]]:
    wanted = select(AccountRow.display_name, AccountRow.title).where(
        AccountRow.id == account,
        AccountRow.role.in_(ADVISING),
        AccountRow.disabled_ms.is_(None),
    )

    def job(db: Connection) -> tuple[str, str]:
        row = db.execute(wanted).one_or_none()
        if row is None:
            raise Refused("kind.role")
        return row.display_name, row.title

    return job


def _digest(secret: bytes, *parts: str) -> str:
    return hmac.digest(secret, "|".join(parts).encode(), hashlib.sha256).hex()
