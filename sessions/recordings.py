"""Recordings of a session: parts of one person each, kept as sealed chunks while they come.

A chunk counts once it is stored and its row says so. Nothing here can read one without a sealer
that somebody else hands in; whether anybody agreed is for others to know.
"""

from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from sessions.blobs import Blobs
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import TAG_BYTES, Sealer, Unreadable
from sessions.events import FileId, ParticipantId, Refused, SessionId, State, new_file_id
from sessions.holds import kinds_of
from sessions.models import SessionRow
from sessions.recording_rows import RecordingChunkRow, RecordingRow, delete_recordings
from sessions.retention import Period
from sessions.views import lock

MOST_PARTS: Final = 200  # of one session
STOPPED: Final = "stopped"
RESTARTED: Final = "restarted"
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """What one person sent without a stop. Times in UTC milliseconds, `size` in clear bytes.

    `ended_ms` is None while it is written; `ended` says why it ended.
    """

    id: FileId
    session: SessionId
    participant: ParticipantId
    began_ms: int
    last_ms: int
    size: int
    chunks: int
    ended_ms: int | None
    ended: str | None


class Chunk(NamedTuple):
    """A chunk's place in its part, in clear bytes."""

    number: int
    start: int
    size: int


class Due(NamedTuple):
    """A session whose recordings are over; `held`: they may not be deleted all the same."""

    session: SessionId
    due_ms: int
    held: bool


class Recordings:
    def __init__(
        self, database: Database, blobs: Blobs, *, node: str, now_ms: Clock = wall_clock_ms
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._node = node
        self._now_ms = now_ms

    # ---- writing

    async def begin(self, session: SessionId, participant: ParticipantId) -> Part:
        """A new part. Raises Refused: not.found, session.ended, recording.too_many."""
        now_ms = self._now_ms()
        row: dict[str, Any] = {
            "id": new_file_id(), "session_id": session, "participant": participant,
            "node": self._node, "began_ms": now_ms, "last_ms": now_ms, "size": 0, "chunks": 0,
        }  # fmt: skip

        def job(db: Connection) -> None:
            lock(db, session)
            if _state(db, session) != State.ACTIVE:
                raise Refused("session.ended")
            there = select(func.count()).where(RecordingRow.session_id == session)
            if db.execute(there).scalar_one() >= MOST_PARTS:
                raise Refused("recording.too_many")
            db.execute(insert(RecordingRow), row).close()

        await self._database.write(job)
        return Part(
            row["id"], session, participant, now_ms, now_ms, 0, 0, ended_ms=None, ended=None
        )

    async def append(self, part: Part, chunk: Chunk, clear: bytes, sealer: Sealer) -> bool:
        """Keep the next chunk; whether more is wanted: not once the part was halted, or the
        session is over.

        Raises LookupError for a part that is gone or has ended, Unknown: the same again.
        """
        sealed = sealer.seal(clear, chunk.number, place(part.session, part.id, chunk))
        await self._blobs.put(part.session, part.id, chunk.number, sealed)
        row = {
            "recording_id": part.id, "number": chunk.number, "start": chunk.start,
            "size": chunk.size,
        }  # fmt: skip

        def job(db: Connection) -> bool:
            further = (
                update(RecordingRow)
                .where(RecordingRow.id == part.id, RecordingRow.ended_ms.is_(None))
                .values(
                    size=chunk.start + chunk.size, chunks=chunk.number + 1, last_ms=self._now_ms()
                )
            )
            if db.execute(further).rowcount != 1:
                raise LookupError("the part is gone, or has ended")
            there = select(func.count()).where(*_chunk(part.id, chunk.number))
            if not db.execute(there).scalar_one():  # else this is a retry of what was committed
                db.execute(insert(RecordingChunkRow), row).close()
            halted = select(RecordingRow.halted_ms).where(RecordingRow.id == part.id)
            return db.scalar(halted) is None and _state(db, part.session) == State.ACTIVE

        return await self._database.write(job)

    async def halt(self, session: SessionId, participant: ParticipantId | None = None) -> None:
        """Whoever writes parts of this session, or of this person in it, shall end them."""
        wanted = update(RecordingRow).where(
            RecordingRow.session_id == session,
            RecordingRow.ended_ms.is_(None),
            RecordingRow.halted_ms.is_(None),
        )
        if participant is not None:
            wanted = wanted.where(RecordingRow.participant == participant)
        halted = wanted.values(halted_ms=self._now_ms())
        await self._database.write(lambda db: db.execute(halted).close())

    async def end(self, part: FileId, why: str) -> None:
        """Nothing more comes. Again is no error, and the first reason stays."""
        over = update(RecordingRow).where(RecordingRow.id == part, RecordingRow.ended_ms.is_(None))
        over = over.values(ended_ms=self._now_ms(), ended=why)
        await self._database.write(lambda db: db.execute(over).close())

    async def recover(self) -> int:
        """After a crash of this node: what it wrote ended with its newest chunk; how many."""
        left = update(RecordingRow).where(
            RecordingRow.node == self._node, RecordingRow.ended_ms.is_(None)
        )
        left = left.values(ended_ms=RecordingRow.last_ms, ended=RESTARTED)
        return await self._database.write(lambda db: db.execute(left).rowcount)

    # ---- reading

    async def of(self, session: SessionId) -> list[Part]:
        """All parts in which there is anything, the first to begin first."""
        wanted = select(RecordingRow.__table__).where(
            RecordingRow.session_id == session, RecordingRow.chunks > 0
        )
        wanted = wanted.order_by(RecordingRow.began_ms, RecordingRow.id)
        rows = await self._database.read(lambda db: db.execute(wanted).all())
        return [_part(row) for row in rows]

    async def find(self, session: SessionId, part: FileId) -> Part | None:
        """A part of this session."""
        return next((one for one in await self.of(session) if one.id == part), None)

    async def counts(self, sessions: Collection[SessionId]) -> Mapping[SessionId, int]:
        """How many parts each has, of those that have any."""
        if not sessions:
            return {}
        wanted = select(RecordingRow.session_id, func.count()).where(
            RecordingRow.session_id.in_(sessions), RecordingRow.chunks > 0
        )
        wanted = wanted.group_by(RecordingRow.session_id)
        rows = await self._database.read(lambda db: db.execute(wanted).all())
        return {SessionId(session): int(count) for session, count in rows}

    async def read(self, part: Part, start: int, end: int, sealer: Sealer) -> AsyncGenerator[bytes]:
        """The clear bytes from `start` up to but not `end`, at most a chunk at a time.

        Raises LookupError when some are missing, Unreadable, Unknown.
        """
        for chunk in await self._database.read(partial(_chunks, part.id, start, end)):
            sealed = await self._blobs.get(
                part.session, part.id, chunk.number, 0, chunk.size + TAG_BYTES
            )
            clear = sealer.open(bytes(sealed), chunk.number, place(part.session, part.id, chunk))
            if len(clear) != chunk.size:
                raise Unreadable
            yield clear[max(0, start - chunk.start) : end - chunk.start]

    # ---- what runs out

    async def sweep(self, period: Period) -> int:
        """Delete the recordings of ended sessions whose time is over and that nothing holds; of
        how many sessions. Raises Unknown: again."""
        count = 0
        for one in await self.due(period):
            count += not one.held and await self._delete(one.session)
        return count

    async def due(self, period: Period, by_ms: int | None = None) -> list[Due]:
        """Ended sessions whose recordings are due by then, by default now; changes nothing."""
        by_ms, found, after = self._now_ms() if by_ms is None else by_ms, list[Due](), ""
        while page := await self._database.read(partial(_ended, after, period)):
            after = page[-1].session
            found += [one for one in page if one.due_ms <= by_ms]
        return found

    async def _delete(self, session: SessionId) -> bool:
        def job(db: Connection) -> list[Part] | None:
            lock(db, session)
            if kinds_of(db, session):
                return None
            wanted = select(RecordingRow.__table__).where(RecordingRow.session_id == session)
            parts = [_part(row) for row in db.execute(wanted).all()]
            delete_recordings(db, session)
            return parts

        parts = await self._database.write(job)
        for part in parts or ():
            # One more than the row knows: it may have been stored just before a crash.
            await self._blobs.delete(session, part.id, part.chunks + 1)
        return parts is not None


def place(session: SessionId, part: FileId, chunk: Chunk) -> bytes:
    """Where a chunk belongs; it opens nowhere else."""
    numbers = b"".join(one.to_bytes(8, "big") for one in chunk)
    return b"recording" + bytes.fromhex(session) + bytes.fromhex(part) + numbers


def _state(db: Connection, session: SessionId) -> str:
    state = db.scalar(select(SessionRow.state).where(SessionRow.id == session))
    if state is None:
        raise Refused("not.found")
    return str(state)


def _chunk(part: FileId, number: int) -> tuple[Any, ...]:
    return (RecordingChunkRow.recording_id == part, RecordingChunkRow.number == number)


def _chunks(part: FileId, start: int, end: int, db: Connection) -> list[Chunk]:
    wanted = select(
        RecordingChunkRow.number, RecordingChunkRow.start, RecordingChunkRow.size
    ).where(
        RecordingChunkRow.recording_id == part,
        RecordingChunkRow.start < end,
        RecordingChunkRow.start + RecordingChunkRow.size > start,
    )
    return [Chunk(*row) for row in db.execute(wanted.order_by(RecordingChunkRow.number)).all()]


def _ended(after: str, period: Period, db: Connection) -> list[Due]:
    recorded = select(RecordingRow.session_id)
    wanted = select(SessionRow.id, SessionRow.ended_ms).where(
        SessionRow.id > after, SessionRow.state == State.ENDED, SessionRow.id.in_(recorded)
    )
    rows = db.execute(wanted.order_by(SessionRow.id).limit(_AT_ONCE)).all()
    return [
        Due(SessionId(id), period.over_ms(ended_ms or 0), bool(kinds_of(db, SessionId(id))))
        for id, ended_ms in rows
    ]


def _part(row: Row[Any]) -> Part:
    return Part(
        FileId(row.id), SessionId(row.session_id), ParticipantId(row.participant),
        row.began_ms, row.last_ms, row.size, row.chunks, row.ended_ms, row.ended,
    )  # fmt: skip
