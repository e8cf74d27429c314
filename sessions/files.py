"""Files of a session: begun, written part by part, whole, removed; how many, how much, how long.

A part counts once it is stored and its row says so. It knows no names, no types and no keys.
"""

import hashlib
import secrets
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from sessions.blobs import PART_BYTES, Blobs, parts_of
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import is_sealed_size
from sessions.events import (
    KINDS,
    Epoch,
    EventId,
    FileId,
    ParticipantId,
    Refused,
    Role,
    SessionId,
    State,
    new_file_id,
)
from sessions.file_views import Counts, FileLimits, FileState, FileView, Verdict, view_of_row
from sessions.models import AccountRow, EventRow, FileRow, SeatRow, SessionRow
from sessions.views import lock

HOLD_MS: Final = 30_000  # whoever wrote and is heard of no more makes way after that
_SWEPT_AT_ONCE: Final = 100
_SHARED: Final = KINDS["file.shared"]  # whose id is the file's


def retold_id(file: FileId, guest: ParticipantId) -> EventId:
    """The id of the event by which whoever began a file tells of it again, once this guest came."""
    return EventId(hashlib.sha256(bytes.fromhex(file + guest)).hexdigest()[:32])


class Files:
    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        *,
        limits: FileLimits | None = None,
        scanned: bool = False,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        """`scanned`: somebody looks at whole files and says what they are."""
        self._database = database
        self._blobs = blobs
        self._now_ms = now_ms
        self.limits: Final = limits or FileLimits()
        self._first_verdict = Verdict.PENDING if scanned else None
        self.whole: Callable[[], None] = lambda: None  # a file is: tell whoever scans

    # ---- writing

    async def begin(self, session: SessionId, participant: ParticipantId, size: int) -> FileView:
        """Room for a file of so many sealed bytes.

        Raises Refused: upload.length, file.too_large, file.too_many, file.session_full,
        session.ended.
        """
        if not is_sealed_size(size):
            raise Refused("upload.length")
        if size > self.limits.sealed_file_bytes:
            raise Refused("file.too_large", count=self.limits.file_bytes >> 20)
        row: dict[str, Any] = {
            "id": new_file_id(),
            "session_id": session,
            "participant": participant,
            "size": size,
            "stored": 0,
            "state": FileState.PARTIAL,
            "created_ms": self._now_ms(),
            "expires_ms": self._now_ms() + self.limits.unfinished_ms,
            "held_until_ms": 0,
        }

        def job(db: Connection) -> FileView:
            lock(db, session)
            epoch = self._room_for(db, session, size)
            db.execute(insert(FileRow), row | {"epoch": epoch})
            return _one(db, session, row["id"])

        return await self._database.write(job)

    async def hold(self, file: FileView, offset: int) -> str:
        """The right to write on from this offset, for HOLD_MS from the last part; a word for it.

        Raises Refused: upload.offset, upload.held while somebody else has it, session.ended.
        """
        holder = secrets.token_hex(8)

        def job(db: Connection) -> str:
            _expect_open(db, file.session)
            now_ms = self._now_ms()
            free = or_(FileRow.holder.is_(None), FileRow.held_until_ms < now_ms)
            taken = (
                update(FileRow)
                .where(*_partial(file), FileRow.stored == offset, free)
                .values(holder=holder, held_until_ms=now_ms + HOLD_MS)
            )
            if db.execute(taken).rowcount == 1:
                return holder
            found = _one(db, file.session, file.id)
            if found.state is not FileState.PARTIAL or found.stored != offset:
                raise Refused("upload.offset")
            raise Refused("upload.held")

        return await self._database.write(job)

    async def renew(self, file: FileView, holder: str) -> None:
        """Still at it. Raises Refused("upload.held") for who is no longer."""
        await self._as_holder(file, holder, held_until_ms=self._now_ms() + HOLD_MS)

    async def write(
        self, file: FileView, holder: str, offset: int, part: bytes | memoryview
    ) -> int:
        """Keep the part at this offset; the next offset, once both part and row are durable.

        Raises Refused("upload.held") for who is no longer the holder, or Unknown.
        """
        assert offset % PART_BYTES == 0
        end = offset + len(part)
        assert len(part) == PART_BYTES or end == file.size
        await self.renew(file, holder)
        await self._blobs.put(file.session, file.id, offset // PART_BYTES, part)
        values: dict[str, Any] = {"stored": end, "held_until_ms": self._now_ms() + HOLD_MS}
        if end == file.size:
            values |= {
                "state": FileState.WHOLE, "verdict": self._first_verdict, "expires_ms": None,
                "holder": None, "held_until_ms": 0,
            }  # fmt: skip
        await self._as_holder(file, holder, **values)
        if end == file.size:
            self.whole()
        return end

    async def release(self, file: FileView, holder: str) -> None:
        """Let go of the right to write; nobody has to wait."""
        free = update(FileRow).where(FileRow.id == file.id, FileRow.holder == holder)
        free = free.values(holder=None, held_until_ms=0)
        await self._database.write(lambda db: db.execute(free).close())

    async def remove(self, file: FileView) -> None:
        """Away with it, for everybody and for good; the blobs follow."""
        gone = update(FileRow).where(FileRow.id == file.id)
        gone = gone.values(state=FileState.REMOVED, expires_ms=self._now_ms())
        await self._database.write(lambda db: db.execute(gone).close())
        await self._clear(file.id)

    # ---- reading

    async def find(self, session: SessionId, file: FileId) -> FileView | None:
        """The file, if it is in this session and was not removed."""
        return await self._database.read(lambda db: _find(db, session, file))

    async def may_use(self, file: FileView, participant: ParticipantId) -> bool:
        """Whether it is still there for someone who still has a seat, and may sign in."""
        allowed = (
            select(FileRow.id)
            .join(SeatRow, SeatRow.session_id == FileRow.session_id)
            .outerjoin(AccountRow, AccountRow.id == SeatRow.account_id)
            .where(
                FileRow.id == file.id,
                FileRow.state != FileState.REMOVED,
                SeatRow.participant == participant,
                SeatRow.released_ms.is_(None),
                AccountRow.disabled_ms.is_(None),
            )
        )
        return await self._database.read(lambda db: db.scalar(allowed) is not None)

    async def shared_after(self, file: FileView, seq: int) -> bool:
        """Whether whoever began it told of it later than this in the log, or told of it again."""
        return await self._database.read(lambda db: _is_shared_after(db, file, seq))

    async def read(self, file: FileView, start: int, end: int) -> AsyncGenerator[memoryview]:
        """The sealed bytes from `start` up to but not `end`, at most a part at a time.

        LookupError when some are missing, Unknown when the store does not answer.
        """
        while start < end:
            part, skip = divmod(start, PART_BYTES)
            upto = min(end - part * PART_BYTES, PART_BYTES)
            yield await self._blobs.get(file.session, file.id, part, skip, upto)
            start = part * PART_BYTES + upto

    async def counts(self) -> Counts:
        """What is kept in all sessions."""
        sums = select(func.count(), func.coalesce(func.sum(FileRow.stored), 0))
        found = await self._database.read(lambda db: db.execute(sums).one())
        return Counts(*map(int, found))

    # ---- what runs out

    async def erase(self, session: SessionId) -> None:
        """Remove every file of a session whose key is gone, with its blobs."""
        gone = update(FileRow).where(FileRow.session_id == session)
        gone = gone.values(state=FileState.REMOVED, expires_ms=self._now_ms())
        of_session = select(FileRow.id).where(FileRow.session_id == session)

        def job(db: Connection) -> list[FileId]:
            db.execute(gone).close()
            return [FileId(id) for id in db.scalars(of_session)]

        for file in await self._database.write(job):
            await self._clear(file)

    async def sessions(self, after: str = "") -> list[SessionId]:
        """The sessions that have files, in order, a page at a time."""
        some = select(FileRow.session_id).where(FileRow.session_id > after).distinct()
        some = some.order_by(FileRow.session_id).limit(_SWEPT_AT_ONCE)
        return await self._database.read(lambda db: [SessionId(id) for id in db.scalars(some)])

    async def sweep(self) -> int:
        """Clear away what was not finished in time, or removed while it was written; how many."""
        now_ms = self._now_ms()
        over = (
            select(FileRow.id)
            .where(
                FileRow.state != FileState.WHOLE,
                FileRow.expires_ms <= now_ms,
                FileRow.held_until_ms <= now_ms,
            )
            .limit(_SWEPT_AT_ONCE)
        )
        found = await self._database.read(lambda db: [FileId(id) for id in db.scalars(over)])
        for file in found:
            await self._clear(file)
        return len(found)

    # ---- inside

    def _room_for(self, db: Connection, session: SessionId, size: int) -> Epoch:
        epoch = _expect_open(db, session)
        of_session = (FileRow.session_id == session, FileRow.state != FileState.REMOVED)
        sums = select(func.count(), func.coalesce(func.sum(FileRow.size), 0)).where(*of_session)
        count, total = db.execute(sums).one()
        if count >= self.limits.session_files:
            raise Refused("file.too_many", count=self.limits.session_files)
        if int(total) + size > self.limits.sealed_session_bytes:
            raise Refused("file.session_full", count=self.limits.session_bytes >> 20)
        return epoch

    async def _as_holder(self, file: FileView, who: str, /, **values: Any) -> None:
        change = update(FileRow).where(*_partial(file), FileRow.holder == who).values(**values)
        if await self._database.write(lambda db: db.execute(change).rowcount) != 1:
            raise Refused("upload.held")

    async def _clear(self, file: FileId) -> None:
        """First nobody can write any more, then the blobs go, then the row that knows of them."""
        view = await self._database.write(lambda db: self._condemned(db, file))
        if view is not None:
            await self._blobs.delete(view.session, view.id, parts_of(view.size))
            gone = delete(FileRow).where(FileRow.id == view.id)
            await self._database.write(lambda db: db.execute(gone).close())

    def _condemned(self, db: Connection, file: FileId) -> FileView | None:
        """The file, if it is to go and nobody writes it; else a later sweep finds it."""
        now_ms = self._now_ms()
        condemn = (
            update(FileRow)
            .where(
                FileRow.id == file,
                FileRow.state != FileState.WHOLE,
                FileRow.expires_ms <= now_ms,
                FileRow.held_until_ms <= now_ms,
            )
            .values(state=FileState.REMOVED, holder=None)
        )
        if db.execute(condemn).rowcount != 1:
            return None
        return view_of_row(db.execute(select(FileRow.__table__).where(FileRow.id == file)).one())


def _expect_open(db: Connection, session: SessionId) -> Epoch:
    """The session's epoch; Refused if it is over."""
    wanted = select(SessionRow.state, SessionRow.epoch).where(SessionRow.id == session)
    row = db.execute(wanted).one_or_none()
    if row is None:
        raise Refused("not.found")
    if row.state == State.ENDED:
        raise Refused("session.ended")
    return Epoch(row.epoch)


def _partial(file: FileView) -> tuple[Any, ...]:
    return (FileRow.id == file.id, FileRow.state == FileState.PARTIAL)


def _is_shared_after(db: Connection, file: FileView, seq: int) -> bool:
    seats = select(SeatRow.participant).where(
        SeatRow.session_id == file.session, SeatRow.role == Role.GUEST
    )
    again = [retold_id(file.id, ParticipantId(guest)) for guest in db.scalars(seats)]
    told = (
        select(EventRow.seq)
        .join(SessionRow, SessionRow.number == EventRow.session_number)
        .where(
            SessionRow.id == file.session,
            EventRow.event_id.in_((file.id, *again)),
            EventRow.kind == _SHARED.code,
            EventRow.sender.startswith(file.participant),
            EventRow.seq > seq,
        )
        .limit(1)
    )
    return db.scalar(told) is not None


def _find(db: Connection, session: SessionId, file: FileId) -> FileView | None:
    wanted = select(FileRow.__table__).where(
        FileRow.id == file, FileRow.session_id == session, FileRow.state != FileState.REMOVED
    )
    row = db.execute(wanted).one_or_none()
    return None if row is None else view_of_row(row)


def _one(db: Connection, session: SessionId, file: FileId) -> FileView:
    found = _find(db, session, file)
    if found is None:
        raise Refused("not.found")
    return found
