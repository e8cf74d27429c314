"""Telling recipients what became of a session (Art. 19 GDPR): what waits, and what was done.

"Without delay" is at most two weeks, as courts read it (§ 121 BGB): from then on it is late in the
making. A month is the last day, as for the person's own request (Art. 12(3)). It holds no names.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Row, delete, select, update

from sessions.clock import Clock, wall_clock_ms
from sessions.counted import day_of
from sessions.database import Database
from sessions.events import Refused
from sessions.letters import months_after, oldest_kept_ms
from sessions.models import TombstoneRow
from sessions.owed import OPEN, OVERTAKEN, Fact, RecipientKind
from sessions.protection_rows import NotificationRow, RecipientRow
from sessions.words import Words

Way = Literal["letter", "mail", "person"]
Ground = Literal["impossible", "disproportionate"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
GROUNDS: Final[tuple[Ground, ...]] = get_args(Ground)
SOON: Final = timedelta(days=14)
DUE_MONTHS: Final = 1


@dataclass(frozen=True, slots=True)
class Notification:
    """One of them. `recipient`: the id of a disclosure, or the short form of a house's key;
    `how`: the way, or the ground why not; `why`: the officer's words, perhaps ""."""

    id: str
    session_hash: bytes
    kind: RecipientKind
    recipient: str
    fact: Fact
    since_ms: int
    state: Literal["open", "told", "untold", "overtaken"]
    how: str | None
    settled_ms: int | None
    why: str

    @property
    def due_on(self) -> date:
        return months_after(day_of(self.since_ms), DUE_MONTHS)

    def days(self, today: date) -> int:
        """Until the last day; below nought once it is overdue."""
        return (self.due_on - today).days

    def grade(self, today: date) -> Literal["good", "warn", "bad"]:
        if today > self.due_on:
            return "bad"
        return "warn" if today > day_of(self.since_ms) + SOON else "good"


class Recipients:
    def __init__(self, database: Database, words: Words, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._words = words
        self._now_ms = now_ms

    async def waiting(self) -> list[Notification]:
        """Who is still to be told, the next due first."""
        wanted = select(NotificationRow.__table__).where(NotificationRow.state == OPEN)
        return await self._listed(wanted.order_by(NotificationRow.since_ms, NotificationRow.id))

    async def settled(self, since_ms: int) -> list[Notification]:
        """What was done since then, the last one first."""
        wanted = select(NotificationRow.__table__).where(NotificationRow.settled_ms >= since_ms)
        ordered = wanted.order_by(NotificationRow.settled_ms.desc(), NotificationRow.id)
        return await self._listed(ordered)

    async def of(self, session_hash: bytes) -> list[Notification]:
        """All about one session, the first one first; none that was overtaken."""
        wanted = select(NotificationRow.__table__).where(
            NotificationRow.session_hash == session_hash, NotificationRow.state != OVERTAKEN
        )
        return await self._listed(wanted.order_by(NotificationRow.since_ms, NotificationRow.id))

    async def find(self, id: str) -> Notification | None:
        found = await self._listed(
            select(NotificationRow.__table__).where(NotificationRow.id == id)
        )
        return found[0] if found else None

    async def settle(
        self, id: str, state: Literal["told", "untold"], how: Way | Ground, *, why: str, by: str
    ) -> None:
        """They were told, or why that cannot be.

        Raises LookupError, Refused("notification.settled") if somebody was faster.
        """
        done = {
            "state": state, "how": how, "settled_ms": self._now_ms(), "settled_by": by,
            "why": self._words.seal(_place(id), why) if why else None,
        }  # fmt: skip

        def job(db: Connection) -> None:
            wanted = select(NotificationRow.state).where(NotificationRow.id == id)
            known = db.scalar(wanted.with_for_update())
            if known is None:
                raise LookupError("there is no such notification")
            if known != OPEN:
                raise Refused("notification.settled")
            db.execute(update(NotificationRow).where(NotificationRow.id == id).values(done)).close()

        await self._database.write(job)

    async def forget(self) -> int:
        """Delete what was settled so long ago that nobody can ask about it, and who had something
        of a session that is gone, once nothing is open; how many rows."""
        limit = oldest_kept_ms(self._now_ms())
        old = delete(NotificationRow).where(NotificationRow.settled_ms < limit)
        named = select(NotificationRow.session_hash)
        gone = delete(RecipientRow).where(
            RecipientRow.received_ms < limit,
            RecipientRow.session_hash.in_(select(TombstoneRow.session_hash)),
            RecipientRow.session_hash.not_in(named),
        )
        return await self._database.write(
            lambda db: db.execute(old).rowcount + db.execute(gone).rowcount
        )

    # ---- inside

    async def _listed(self, wanted: Any) -> list[Notification]:
        rows = await self._database.read(lambda db: list(db.execute(wanted).all()))
        return [self._read(row) for row in rows]

    def _read(self, row: Row[Any]) -> Notification:
        return Notification(
            id=row.id, session_hash=row.session_hash, kind=row.kind, recipient=row.recipient,
            fact=row.fact, since_ms=row.since_ms, state=row.state, how=row.how,
            settled_ms=row.settled_ms, why=self._words.open(_place(row.id), row.why),
        )  # fmt: skip


def _place(id: str) -> str:
    return f"notification {id}"
