"""Erasing a session for good: first its key everywhere, then what the key sealed.

Once the key is gone nothing of the session can be read, wherever copies lie; rows and blobs follow
in the same breath. It does not know who may ask for it.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, delete, func, select, update

from sessions.blobs import Blobs
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Envelope, SessionId
from sessions.holds import expect_erasable
from sessions.invitation_rows import delete_invitations
from sessions.keys import Keys, Shredded
from sessions.lifecycle import Lifecycle
from sessions.models import (
    CorrectionRow,
    EventRow,
    FileRow,
    HandoverRow,
    HoldRow,
    RequestRow,
    SeatRow,
    SessionRow,
)
from sessions.owed import owe
from sessions.receipts import Receipts, hash_of
from sessions.recording_rows import delete_recordings
from sessions.tombstones import Cause, Tombstone, Tombstones, put, put_beside_keys, put_stone
from sessions.views import lock

HEARD_SECONDS: Final = 0.5  # for browsers to hear that a talk is over, before the line is cut
STRAGGLER_MS: Final = 60_000  # a part of a file that was on its way is stored by then, or never
_log = logging.getLogger(__name__)


class Erasure:
    def __init__(
        self,
        database: Database,
        keys: Keys,
        blobs: Blobs,
        lifecycle: Lifecycle,
        receipts: Receipts,
        tombstones: Tombstones,
        *,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        self._database = database
        self._keys = keys
        self._blobs = blobs
        self._lifecycle = lifecycle
        self._receipts = receipts
        self._tombstones = tombstones
        self._now_ms = now_ms
        self._lately: dict[SessionId, int] = {}
        self.announce: Callable[[Envelope], None] = lambda _event: None

    async def erase(self, session: SessionId, *, cause: Cause) -> Tombstone:
        """Erase it, or say when that was done. A live session ends first, for everybody in it.

        Raises LookupError if there never was such a session, Refused("session.held"), Unknown: ask
        again.
        """
        known = await self._tombstones.find(hash_of(session))
        if known is not None and known.done_ms is not None:
            return known
        stone = known or await self._found(session, cause)
        await self._tombstones.note(stone)
        await self._end(session)
        return await self._bury(session, stone)

    async def reapply(self) -> int:
        """Erase anew what a restored backup brought back, and what was not finished; how many
        sessions. Before traffic.

        Where all three places know the same tombstones, nothing was restored.
        """
        places, known = await self._tombstones.known()
        unfinished = await self._tombstones.unfinished()
        if all(place == known for place in places) and not unfinished:
            return 0
        returned = [one for one in await self._sessions() if hash_of(one) in known]
        for session in returned:
            [stone] = await self._tombstones.load([hash_of(session)])
            await self._bury(session, stone)
        for place in places:  # what was erased before the backup knew the session
            for stone in await self._tombstones.load(known - place):
                await self._tombstones.keep(stone)
        for stone in await self._tombstones.unfinished():  # nothing of it is left anywhere
            await self._tombstones.keep(replace(stone, done_ms=self._now_ms()))
        _log.warning("%d sessions that were erased before were erased again", len(returned))
        return len(returned)

    async def sweep(self) -> None:
        """Clear away what was on its way into the store when its session was erased, and go on
        with what a fault cut short."""
        over_ms = self._now_ms() - STRAGGLER_MS
        for session, since_ms in list(self._lately.items()):
            if since_ms <= over_ms:
                await self._blobs.delete_all(session)
                del self._lately[session]
        if any(stone.asked_ms <= over_ms for stone in await self._tombstones.unfinished()):
            await self.reapply()

    # ---- inside

    async def _found(self, session: SessionId, cause: Cause) -> Tombstone:
        receipt = await self._receipts.number_of(session)
        stone = Tombstone(hash_of(session), cause, self._now_ms())
        if receipt is not None:
            stone = replace(stone, number=receipt[0], code_hash=receipt[1].hex())

        def job(db: Connection) -> Tombstone:
            lock(db, session)
            expect_erasable(db, session, cause)
            counted = _counted(db, session, stone)
            put_stone(db, counted)  # from now on nothing can hold it any more
            return counted

        return await self._database.write(job)

    async def _end(self, session: SessionId) -> None:
        with suppress(Shredded):
            ended = await self._lifecycle.end(session, "erased")
            if ended is not None:
                self.announce(ended)
                await asyncio.sleep(HEARD_SECONDS)

    async def _bury(self, session: SessionId, stone: Tombstone) -> Tombstone:
        await self._keys.shred(session, also=lambda db: put_beside_keys(db, stone))
        stone = replace(stone, key_ms=stone.key_ms or self._now_ms())
        await self._database.write(lambda db: _delete(db, session, stone))
        with suppress(TimeoutError):  # what a reader holds up is ciphertext without a key
            await self._database.checkpoint()
        self._lately[session] = self._now_ms()
        await self._blobs.delete_all(session)
        stone = replace(stone, done_ms=stone.done_ms or self._now_ms())
        await self._tombstones.keep(stone)
        return stone

    async def _sessions(self) -> set[SessionId]:
        return {
            *await self._database.read(lambda db: set(map(SessionId, db.scalars(_IN_LOG)))),
            *await self._keys.sessions(),
            *await self._blobs.sessions(),
        }


_IN_LOG: Final = select(SessionRow.id)


def _counted(db: Connection, session: SessionId, stone: Tombstone) -> Tombstone:
    row = db.execute(select(SessionRow.number).where(SessionRow.id == session)).one_or_none()
    if row is None:
        raise LookupError("there is no such session")
    files = select(func.count(), func.coalesce(func.sum(FileRow.stored), 0))
    count, stored = db.execute(files.where(FileRow.session_id == session)).one()
    events = select(func.count()).where(EventRow.session_number == row.number)
    seats = select(func.count()).where(SeatRow.session_id == session)
    return replace(
        stone,
        events=db.execute(events).scalar_one(),
        seats=db.execute(seats).scalar_one(),
        files=int(count),
        file_bytes=int(stored),
    )


def _delete(db: Connection, session: SessionId, stone: Tombstone) -> None:
    """All rows of the session. Whoever writes at the same moment finds it gone, or is gone too."""
    lock(db, session)
    number = db.scalar(select(SessionRow.number).where(SessionRow.id == session))
    delete_recordings(db, session)
    delete_invitations(db, session)
    for rows in (
        delete(EventRow).where(EventRow.session_number == number),
        delete(FileRow).where(FileRow.session_id == session),
        delete(SeatRow).where(SeatRow.session_id == session),
        delete(HoldRow).where(HoldRow.session_id == session),
        delete(RequestRow).where(RequestRow.session_id == session),
        delete(CorrectionRow).where(CorrectionRow.session_id == session),
        delete(HandoverRow).where(HandoverRow.session_id == session),
        update(HandoverRow).where(HandoverRow.before_id == session).values(before_id=None),
        delete(SessionRow).where(SessionRow.id == session),
    ):
        db.execute(rows).close()
    if stone.cause != "transfer":  # else nothing is gone, it is with another house
        owe(db, session, "erased", stone.asked_ms)
    put(db, stone)
