"""Invitations: links by which one more person knocks at a talk, and what its advisor answers.

A link is for the first browser that uses it, for half an hour and for this talk. A guest has a seat
like others, and hears the log from their own coming on. It does not know who asks and who is told.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from sqlalchemy import Connection, Row, delete, exists, insert

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import Unreadable
from sessions.events import (
    ParticipantId,
    Refused,
    Role,
    SessionId,
    State,
    new_participant_id,
)
from sessions.invitation_rows import InvitationRow
from sessions.invitation_views import (
    Decided,
    Invitation,
    Knocked,
    Standing,
    Told,
    expect,
    find,
    guests_of,
    invitations_of,
    move,
    standing_of,
    state_of,
    with_seat,
)
from sessions.keys import Keys, Shredded
from sessions.log import Log
from sessions.models import SeatRow, SessionRow
from sessions.names import Name
from sessions.seats import seat_row, token_hashes
from sessions.views import GuestSort, lock, view_of

Answer = Literal["admit", "refuse", "withdraw"]
VALID_MS: Final = 30 * 60_000
MAX_OPEN: Final = 5  # that could still be used, or ask
MAX_MADE: Final = 50  # of one talk
MAX_GUESTS: Final = 2  # seated at once
KEPT_MS: Final = 3_600_000  # after the end: so long a page that waits still hears that it is over
_MOVES: Final[Mapping[tuple[Answer, Standing], Standing]] = {
    ("refuse", "asked"): "refused",
    ("withdraw", "open"): "withdrawn",
    ("withdraw", "asked"): "withdrawn",
}
_NOTHING: Final = bytes(32)


class Invitations:
    def __init__(
        self, database: Database, log: Log, keys: Keys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._database = database
        self._log = log
        self._keys = keys
        self._now_ms = now_ms

    # ---- the advisor

    async def make(self, session: SessionId, seat: GuestSort) -> tuple[Invitation, str]:
        """A new one, and the secret of its link, which is kept nowhere.

        Raises Refused: session.ended, kind.state, invitation.too_many.
        """
        id, secret, now_ms = secrets.token_hex(16), secrets.token_urlsafe(32), self._now_ms()
        row = {
            "id": id, "session_id": session, "seat": seat, "state": "open",
            "secret_hash": _hash(secret), "made_ms": now_ms, "expires_ms": now_ms + VALID_MS,
        }  # fmt: skip

        def job(db: Connection) -> None:
            lock(db, session)
            if (state := state_of(db, session)) != State.ACTIVE:
                raise Refused("kind.state" if state == State.WAITING else "session.ended")
            made = [standing_of(one, now_ms) for one in invitations_of(db, session)]
            usable = sum(standing in ("open", "asked") for standing in made)
            if usable >= MAX_OPEN or len(made) >= MAX_MADE:
                raise Refused("invitation.too_many")
            db.execute(insert(InvitationRow), row).close()

        await self._database.write(job)
        return Invitation(id, seat, "open", now_ms + VALID_MS), secret

    async def of(self, session: SessionId) -> list[Invitation]:
        """All of a talk, the first first, with the names of who knocked."""
        rows = await self._database.read(lambda db: invitations_of(db, session))
        return [await self._shown(row) for row in rows]

    async def decide(self, session: SessionId, id: str, answer: Answer) -> Decided:
        """Let in, or not; what was decided before stays, and is what it answers with.

        Raises Refused: not.found, session.ended, guests.full; Shredded, Unreadable.
        """
        row = await self._database.read(lambda db: find(db, id))
        if row is None or row.session_id != session:
            raise Refused("not.found")
        if answer == "admit" and row.state == "asked":
            return await self._admit(row)

        def job(db: Connection) -> Decided:
            lock(db, session)
            standing = standing_of(expect(db, id), self._now_ms())
            to = _MOVES.get((answer, standing))
            if to is None:
                return Decided(standing, fresh=False)
            move(db, id, to, name_sealed=None)
            return Decided(to, fresh=True)

        return await self._database.write(job)

    # ---- the guest

    async def knock(self, id: str, secret: str, name: Name, request: str) -> Knocked:
        """Spend a link and say who comes; the same `request` again is answered with the same.

        Raises Refused: invitation.unknown, for all that never was, does not fit or holds no more;
        invitation.spent.
        """
        row = await self._database.read(lambda db: find(db, id))
        known = hmac.compare_digest(_hash(secret), _NOTHING if row is None else row.secret_hash)
        if row is None or not known:
            raise Refused("invitation.unknown")
        session, participant = SessionId(row.session_id), new_participant_id()
        token, *older = [_token(one, id, request) for one in self._keys.secrets("guest")]
        try:
            sealed = await self._keys.seal_name(session, participant, name.packed())
        except Shredded:
            raise Refused("invitation.unknown") from None
        asked = {"participant": participant, "token_hash": _kept(token), "name_sealed": sealed}

        def job(db: Connection) -> bytes | None:
            lock(db, session)
            now = find(db, id)
            standing = "lapsed" if now is None else standing_of(now, self._now_ms())
            closed = standing in ("withdrawn", "lapsed") or state_of(db, session) != State.ACTIVE
            if now is None or closed:
                raise Refused("invitation.unknown")
            if standing != "open":
                return bytes(now.token_hash)
            move(db, id, "asked", **asked)
            return None

        spent = await self._database.write(job)
        if spent is None:
            return Knocked(session, token, row.seat, fresh=True)
        for one in (token, *older):  # the master key may be another by now
            if hmac.compare_digest(_kept(one), spent):
                return Knocked(session, one, row.seat, fresh=False)
        raise Refused("invitation.spent")

    async def standing(self, id: str, token: str) -> tuple[Told, SessionId | None]:
        """What whoever knocked is told; the session only once they are let in.

        Raises Refused("invitation.unknown").
        """
        row, there = await self._database.read(lambda db: with_seat(db, id))
        held = _NOTHING if row is None or row.token_hash is None else row.token_hash
        if not hmac.compare_digest(_kept(token), held) or row is None:
            raise Refused("invitation.unknown")
        if not there:
            return "over", None
        match row.state:
            case "asked":
                return "asked", None
            case "admitted":
                return "admitted", SessionId(row.session_id)
            case _:
                return "refused", None

    async def sweep(self) -> int:
        """Forget those of talks that are over, and who was not let in; how many."""
        limit_ms = self._now_ms() - KEPT_MS
        over = exists().where(
            SessionRow.id == InvitationRow.session_id,
            SessionRow.state == State.ENDED,
            SessionRow.ended_ms < limit_ms,
        )
        return await self._database.write(
            lambda db: db.execute(delete(InvitationRow).where(over)).rowcount
        )

    # ---- inside

    async def _admit(self, row: Row[Any]) -> Decided:
        """Seat, participant.joined and the invitation in one transaction."""
        session, participant = SessionId(row.session_id), ParticipantId(row.participant)
        name = Name.unpacked(await self._keys.open_name(session, participant, row.name_sealed))
        view = await self._database.read(lambda db: view_of(db, session, self._now_ms()))
        if view is None or view.state is not State.ACTIVE:
            raise Refused("session.ended")
        body = {"participant": participant, "role": Role.GUEST, "name": name.full}
        joined = await self._keys.seal_event(
            session, view.epoch, "participant.joined",
            body | {"stage": "seated", "seat": row.seat},
        )  # fmt: skip

        def job(db: Connection) -> Decided:
            lock(db, session)
            now_ms = self._now_ms()
            standing = standing_of(expect(db, row.id), now_ms)
            if standing != "asked":
                return Decided(standing, fresh=False)
            if guests_of(db, session) >= MAX_GUESTS:
                raise Refused("guests.full")
            logged = self._log.insert(db, joined)
            assert logged.seq is not None
            seat = seat_row(session, participant, now_ms) | {
                "role": Role.GUEST, "guest": row.seat, "token_hash": row.token_hash,
                "name_sealed": row.name_sealed, "since_seq": logged.seq - 1,
            }  # fmt: skip
            db.execute(insert(SeatRow), seat).close()
            move(db, row.id, "admitted")
            return Decided("admitted", fresh=True, joined=logged)

        return await self._database.write(job)

    async def _shown(self, row: Row[Any]) -> Invitation:
        name = None
        if row.name_sealed is not None:
            session, participant = SessionId(row.session_id), ParticipantId(row.participant)
            try:
                packed = await self._keys.open_name(session, participant, row.name_sealed)
                name = Name.unpacked(packed).full
            except (Shredded, Unreadable):
                name = ""
        standing = standing_of(row, self._now_ms())
        return Invitation(row.id, cast(GuestSort, row.seat), standing, row.expires_ms, name)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _kept(token: str) -> bytes:
    """What is kept of a guest's token."""
    return token_hashes(token)[1]


def _token(secret: bytes, id: str, request: str) -> str:
    return hmac.digest(secret, f"{id}|{request}".encode(), hashlib.sha256).hex()
