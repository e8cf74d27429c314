"""Corrections: what a person set right about themselves, and what had been there (Art. 16 GDPR).

What was said in a session stays as it was said; beside it may stand an addition. Everything is
sealed like what it corrects. Who is in a session that goes on hears of another name by the log, as
they heard of the first. It does not know who may correct.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Envelope, Epoch, ParticipantId, Refused, Role, SessionId, State
from sessions.keys import Keys
from sessions.log import Log
from sessions.models import CorrectionRow, SeatRow, SessionRow, TombstoneRow
from sessions.names import Name
from sessions.owed import owe
from sessions.receipts import hash_of
from sessions.views import lock

Field = Literal["first_name", "last_name", "topic", "addition"]
MAX_OF_SESSION: Final = 30
MAX_ADDITION: Final = 1_000  # characters
_ATTEMPTS: Final = 5  # at a place that somebody else took at the same moment


@dataclass(frozen=True, slots=True)
class Correction:
    """One of them; `before` is "" where there was nothing, as before an addition."""

    number: int
    at_ms: int
    field: Field
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Details:
    """What a person told of themselves, as it stands now. `topic` is a code, perhaps ""."""

    first_name: str
    last_name: str
    topic: str

    @property
    def name(self) -> Name:
        return Name(self.first_name, self.last_name)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The same with where it is kept."""

    details: Details
    participant: ParticipantId
    name_sealed: bytes
    count: int  # of corrections so far
    epoch: Epoch
    live: bool  # the session goes on, and the person has their seat


class Corrections:
    def __init__(
        self, database: Database, log: Log, keys: Keys, *, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._database = database
        self._log = log
        self._keys = keys
        self._now_ms = now_ms
        self.announce: Callable[[Envelope], None] = lambda _event: None

    async def details(self, session: SessionId) -> Details:
        """Raises LookupError if there is no such session, Shredded, Unreadable."""
        return (await self._kept(session)).details

    async def of(self, session: SessionId) -> list[Correction]:
        """All of them, the oldest first. Raises Shredded, Unreadable."""
        wanted = select(CorrectionRow.__table__).where(CorrectionRow.session_id == session)
        ordered = wanted.order_by(CorrectionRow.number)
        rows = await self._database.read(lambda db: db.execute(ordered).all())
        return [
            await self._opened(session, row.number, row.at_ms, row.sealed) for row in rows
        ]  # fmt: skip

    async def counts(self, sessions: Collection[SessionId]) -> dict[SessionId, int]:
        """How many there are of each of those sessions that have any."""
        wanted = (
            select(CorrectionRow.session_id, func.count())
            .where(CorrectionRow.session_id.in_(sessions))
            .group_by(CorrectionRow.session_id)
        )
        rows = await self._database.read(lambda db: db.execute(wanted).all())
        return {SessionId(session): count for session, count in rows}

    async def correct(self, session: SessionId, field: Field, text: str) -> Correction | None:
        """From now on this is so; None if it was so already.

        Takes a name or topic as it may stand, an addition as `clean_addition` has it. Raises
        Refused("correction.too_many"), LookupError if there is no such session or it is being
        erased, Shredded, Unreadable, Unknown.
        """
        for _ in range(_ATTEMPTS):
            kept = await self._kept(session)
            before = await self._before(session, field, kept)
            if before == text:
                return None
            if kept.count >= MAX_OF_SESSION:
                raise Refused("correction.too_many")
            told = Correction(
                kept.count + 1, self._now_ms(), field, "" if field == "addition" else before, text
            )
            try:
                named = await self._write(session, told, kept)
            except (IntegrityError, _ChangedMeanwhile):
                continue
            if named is not None:
                self.announce(named)
            return told
        raise Refused("retry")

    # ---- inside

    async def _before(self, session: SessionId, field: Field, kept: _Kept) -> str:
        """What stands there now: of additions the last, so that none is made twice."""
        if field != "addition":
            return str(getattr(kept.details, field))
        made = [one.after for one in await self.of(session) if one.field == field]
        return made[-1] if made else ""

    async def _write(self, session: SessionId, told: Correction, kept: _Kept) -> Envelope | None:
        """Keep it; the event that says so to who is in the session, if that goes on."""
        said = orjson.dumps([told.field, told.before, told.after]).decode()
        row = {
            "session_id": session, "number": told.number, "at_ms": told.at_ms,
            "sealed": await self._keys.seal_note(session, _place(told.number), said),
        }  # fmt: skip
        apply = await self._applied(session, told, kept)

        def job(db: Connection) -> Envelope | None:
            lock(db, session)
            gone = select(TombstoneRow.facts).where(TombstoneRow.session_hash == hash_of(session))
            if db.scalar(gone) is not None:
                raise LookupError("there is no such session")
            db.execute(insert(CorrectionRow), row).close()
            owe(db, session, "corrected", told.at_ms)
            return apply(db)

        return await self._database.write(job)

    async def _applied(
        self, session: SessionId, told: Correction, kept: _Kept
    ) -> Callable[[Connection], Envelope | None]:
        """What becomes of the rows that hold what is corrected, and what is said of it."""
        if told.field == "addition":
            return lambda _db: None
        if told.field == "topic":
            chosen = (
                update(SessionRow).where(SessionRow.id == session).values(topic=told.after or None)
            )
            return lambda db: db.execute(chosen).close()
        name = (
            replace(kept.details, first_name=told.after)
            if told.field == "first_name"
            else replace(kept.details, last_name=told.after)
        ).name
        sealed = await self._keys.seal_name(session, kept.participant, name.packed())
        named = (
            update(SeatRow)
            .where(
                SeatRow.session_id == session,
                SeatRow.participant == kept.participant,
                SeatRow.name_sealed == kept.name_sealed,
            )
            .values(name_sealed=sealed)
        )

        body = {"participant": kept.participant, "role": Role.PROSPECT, "name": name.full}
        joined = await self._keys.seal_event(
            session, kept.epoch, "participant.joined", body | {"stage": "seated"}
        )

        def rename(db: Connection) -> Envelope | None:
            if db.execute(named).rowcount != 1:
                raise _ChangedMeanwhile
            now = db.execute(_standing(session)).one()
            if (now.epoch, _is_live(now)) != (kept.epoch, kept.live):
                raise _ChangedMeanwhile
            return self._log.insert(db, joined) if kept.live else None

        return rename

    async def _kept(self, session: SessionId) -> _Kept:
        wanted = _standing(session)
        made = select(func.count()).where(CorrectionRow.session_id == session)
        row, count = await self._database.read(
            lambda db: (db.execute(wanted).first(), db.execute(made).scalar_one())
        )
        if row is None:
            raise LookupError("there is no such session")
        participant = ParticipantId(row.participant)
        packed = await self._keys.open_name(session, participant, row.name_sealed)
        name = Name.unpacked(packed)
        details = Details(name.first, name.last, row.topic or "")
        epoch = Epoch(row.epoch)
        return _Kept(details, participant, row.name_sealed, count, epoch, _is_live(row))

    async def _opened(
        self, session: SessionId, number: int, at_ms: int, sealed: bytes
    ) -> Correction:
        said = await self._keys.open_note(session, _place(number), sealed)
        field, before, after = orjson.loads(said)
        return Correction(number, at_ms, field, before, after)


class _ChangedMeanwhile(Exception):
    """The name is not what it was when it was read."""


def _standing(session: SessionId) -> Any:
    """The session and the seat of the person in it, as they are."""
    return (
        select(
            SessionRow.topic, SessionRow.state, SessionRow.epoch,
            SeatRow.participant, SeatRow.name_sealed, SeatRow.released_ms,
        )
        .join(SeatRow, SeatRow.session_id == SessionRow.id)
        .where(SessionRow.id == session, SeatRow.role == Role.PROSPECT)
    )  # fmt: skip


def _is_live(row: Row[Any]) -> bool:
    return row.state != State.ENDED and row.released_ms is None


def clean_addition(given: str) -> str:
    """An addition as it is kept: plain lines of text.

    Raises Refused: correction.empty, correction.too_long, text.encoding.
    """
    lines = given.replace("\r\n", "\n").replace("\r", "\n").strip()
    text = "".join(one for one in lines if one in "\n\t" or (one >= " " and one != "\x7f"))
    if not text:
        raise Refused("correction.empty", field="addition")
    if len(text) > MAX_ADDITION:
        raise Refused("correction.too_long", field="addition", count=MAX_ADDITION)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("text.encoding", field="addition") from None
    return text


def _place(number: int) -> str:
    return f"correction {number}"
