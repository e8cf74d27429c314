"""Scans: has each whole file looked at once, writes down what was found, and says so in the log.

It hands what it logged to whoever announces it. Several nodes share the work.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from sqlalchemy import Connection, select, update

from sessions.clamd import Clamd, Finding
from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.envelope import Unreadable
from sessions.events import Envelope, Refused
from sessions.exit import Exit
from sessions.file_views import FileState, FileView, Verdict, view_of_row
from sessions.keys import Keys, Shredded
from sessions.log import Log
from sessions.models import FileRow
from sessions.vault import SCANNER, Vault
from sessions.views import lock
from sessions.ways import SCAN

HOLD_MS: Final = 180_000  # longer than any scan may take: then another node tries
_VERDICTS: Final = {
    Finding.CLEAN: Verdict.CLEAN,
    Finding.INFECTED: Verdict.INFECTED,
    Finding.UNKNOWN: Verdict.UNSCANNED,
}
_log = logging.getLogger(__name__)


class Scans:
    def __init__(
        self,
        database: Database,
        log: Log,
        keys: Keys,
        vault: Vault,
        exit: Exit,
        clamd: Clamd,
        *,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        self._database = database
        self._log = log
        self._keys = keys
        self._vault = vault
        self._exit = exit
        self._clamd = clamd
        self._now_ms = now_ms

    async def once(self, announce: Callable[[Envelope], None]) -> int:
        """Look at whatever waits to be looked at; how many files that were."""
        count = 0
        while (file := await self._database.write(self._next)) is not None:
            count += 1
            logged = await self._scan(file)
            if logged is not None:
                announce(logged)
        return count

    async def _scan(self, file: FileView) -> Envelope | None:
        try:
            verdict = _VERDICTS[await self._looked_at(file)]
            body = {"file": file.id, "verdict": verdict}
            event = await self._keys.seal_event(file.session, file.epoch, "file.scanned", body)
        except Shredded:
            return None  # it is about to go
        return await self._database.write(lambda db: self._judge(db, file, verdict, event))

    async def _looked_at(self, file: FileView) -> Finding:
        try:
            leave = await self._exit.leave(SCAN, actor=SCANNER, ground=file.id, of=file.session)
            async with aclosing(self._vault.open_file(file, leave)) as clear:
                return await self._clamd.scan(clear)
        except (Unreadable, LookupError) as reason:
            # Then nobody else will be able to open it either.
            _log.warning("a file could not be opened to be scanned: %s", type(reason).__name__)
            return Finding.UNKNOWN

    def _next(self, db: Connection) -> FileView | None:
        """A file that nobody looks at yet; for a while it is ours."""
        now_ms = self._now_ms()
        waits = (
            FileRow.state == FileState.WHOLE,
            FileRow.verdict == Verdict.PENDING,
            FileRow.held_until_ms <= now_ms,
        )
        wanted = select(FileRow.__table__).where(*waits).order_by(FileRow.created_ms).limit(1)
        row = db.execute(wanted.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        ours = update(FileRow).where(FileRow.id == row.id)
        ours = ours.values(holder=secrets.token_hex(8), held_until_ms=now_ms + HOLD_MS)
        db.execute(ours).close()
        return view_of_row(row)

    def _judge(
        self, db: Connection, file: FileView, verdict: Verdict, event: Envelope
    ) -> Envelope | None:
        """The verdict, and the event that says so unless the session is over: one transaction."""
        lock(db, file.session)
        waits = (FileRow.id == file.id, FileRow.verdict == Verdict.PENDING)
        judged = update(FileRow).where(*waits, FileRow.state == FileState.WHOLE)
        judged = judged.values(verdict=verdict, holder=None, held_until_ms=0)
        if db.execute(judged).rowcount != 1:
            return None  # removed, or another node was faster
        try:
            return self._log.insert(db, event)
        except Refused:
            return None
