"""The log: everything worth remembering in a session, sealed, in one order. The log is the truth.

It moves a session forward in the same transaction as the event that says so. It cannot read what
it keeps, and does not know who is told.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, select

from sessions.append import Entry, Tables, append_all, envelope_of
from sessions.append_postgres import PostgresTables
from sessions.append_sqlite import SqliteTables
from sessions.clock import Clock, wall_clock_ms
from sessions.database import TROUBLE, Database
from sessions.events import Envelope, Seq, SessionId, Unknown
from sessions.line import driver
from sessions.models import EventRow, FactRow, SessionRow
from sessions.writer import KEPT, raw

DEADLINE_SECONDS: Final = 5.0
MAX_PAGE: Final = 500


class Log:
    def __init__(
        self,
        database: Database,
        *,
        now_ms: Clock = wall_clock_ms,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        self._deadline_seconds = deadline_seconds
        self.epoch: Final[str] = database.read_now(_log_epoch)

    async def append(
        self, envelope: Envelope, *, account: str | None = None, reason: str | None = None
    ) -> Envelope:
        """Number and keep an event; returns it with `seq` and `at_ms` once it is durable.

        The same id again returns what was stored first. `account` is who accepts, `reason` why
        the session ends. Raises Refused (session.taken, session.ended, kind.state, epoch.wrong),
        or Unknown when the answer did not come in time: retry with the same id.
        """
        entry = Entry(envelope, account, reason)
        try:
            return await self._database.write_together(
                self._append_all, entry, deadline_seconds=self._deadline_seconds
            )
        except TROUBLE as trouble:
            raise Unknown("the log could not be written") from trouble

    def insert(self, db: Connection, envelope: Envelope, *, reason: str | None = None) -> Envelope:
        """`append` for somebody who is in a `Database.write` already, to share its fate."""
        [answer] = self._append_all(db, [Entry(envelope, reason=reason)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def after(self, session: SessionId, seq: Seq, limit: int = MAX_PAGE) -> list[Envelope]:
        """What follows `seq`, in order, at most `limit`."""
        events = (
            select(*_COLUMNS)
            .join(SessionRow, SessionRow.number == EventRow.session_number)
            .where(SessionRow.id == session, EventRow.seq > seq)
            .order_by(EventRow.seq)
            .limit(limit)
        )
        return await self._database.read(
            lambda db: [envelope_of(*row) for row in db.execute(events)]
        )

    async def heads(self, sessions: Collection[SessionId]) -> dict[SessionId, Seq]:
        """The last seq of each of these sessions; what is not there is left out."""
        heads = select(SessionRow.id, SessionRow.last_seq).where(SessionRow.id.in_(sessions))
        return await self._database.read(
            lambda db: {SessionId(id): Seq(seq) for id, seq in db.execute(heads)}
        )

    async def check(self) -> None:
        """Raises whatever keeps the database from taking a write now."""
        # A lock is written down, and refused where nothing may be; SQLite begins as a writer does.
        own = select(FactRow.value).where(FactRow.name == "log_epoch").with_for_update(read=True)
        await self._database.write(lambda db: db.execute(own).close())

    def _append_all(self, db: Connection, entries: Sequence[Entry]) -> list[Envelope | Exception]:
        """The one place above the database that asks which one it is."""
        tables: Tables
        if db.dialect.name == "postgresql":
            tables = PostgresTables(driver(db))
        else:
            tables = SqliteTables(raw(db), db.info.get(KEPT))
        return append_all(tables, entries, self._now_ms())


_COLUMNS: Final = (
    SessionRow.id,
    EventRow.event_id,
    EventRow.seq,
    EventRow.sender,
    EventRow.kind,
    EventRow.epoch,
    EventRow.at_ms,
    EventRow.sealed,
)


def _log_epoch(db: Connection) -> str:
    return db.execute(select(FactRow.value).where(FactRow.name == "log_epoch")).scalar_one()
