"""Requests: what a person asks of the house about a session, until when it answers, and how.

What follows from a state follows from its row and nothing else: `holds.py` asks here what is open.
Reasons and answers are sealed. It does not know who may ask or decide.
"""

import calendar
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, insert, select, update

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused, SessionId
from sessions.holds import is_restricted, owe_change
from sessions.keys import Keys
from sessions.models import RequestRow, SessionRow, TombstoneRow
from sessions.receipts import hash_of
from sessions.views import lock

RequestKind = Literal["objection", "question"]
Purpose = Literal["statistics", "marketing", "quality", ""]  # "": of a question
RequestState = Literal["open", "granted", "refused", "withdrawn"]
Decision = Literal["granted", "refused"]

MAX_OF_SESSION: Final = 20
MAX_REASON: Final = 1_000  # characters
MAX_ANSWER: Final = 4_000
_STANDING: Final = ("open", "granted")
# Nothing is weighed against these two (Art. 21(2), (3) GDPR; statistics as we promise it).
AT_ONCE: Final[frozenset[Purpose]] = frozenset({"statistics", "marketing"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request; times in UTC milliseconds. `decided_by` is None for what held at once."""

    id: str
    session: SessionId
    kind: RequestKind
    purpose: Purpose
    made_ms: int
    due_ms: int
    state: RequestState
    decided_ms: int | None = None
    decided_by: str | None = None
    extended_ms: int | None = None

    @property
    def stands(self) -> bool:
        """Whether it holds: an objection that is granted, or not decided yet."""
        return self.kind == "objection" and self.state in _STANDING


@dataclass(frozen=True, slots=True)
class Told:
    """A request with what was said: why it was made, what the house answered, and why the answer
    takes longer; perhaps ""."""

    request: Request
    reason: str
    answer: str
    extension: str = ""


class Requests:
    def __init__(self, database: Database, keys: Keys, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._keys = keys
        self._now_ms = now_ms

    # ---- the person

    async def make(
        self, session: SessionId, kind: RequestKind, purpose: Purpose = "", *, reason: str = ""
    ) -> Request:
        """Ask for it. What is asked for already, or was granted, stays the one request it is.

        An objection in `AT_ONCE` is granted by being made, and statistics leave the session out.
        It is due in a month (Art. 12(3) GDPR). Raises Refused: request.too_many, request.too_long;
        LookupError if there is no such session or it is being erased; Shredded, Unknown.
        """
        if len(reason) > MAX_REASON:
            raise Refused("request.too_long", field="reason", count=MAX_REASON)
        id, now_ms = secrets.token_hex(16), self._now_ms()
        sealed = await self._keys.seal_note(session, f"reason {id}", reason) if reason else None
        at_once = kind == "objection" and purpose in AT_ONCE
        row: dict[str, Any] = {
            "id": id, "session_id": session, "kind": kind, "purpose": purpose, "made_ms": now_ms,
            "due_ms": now_ms if at_once else months_after(now_ms),
            "state": "granted" if at_once else "open",
            "decided_ms": now_ms if at_once else None, "decided_by": None,
            "reason": sealed, "answer": None, "extended_ms": None, "extension": None,
        }  # fmt: skip
        return await self._database.write(lambda db: _made(db, session, row))

    async def withdraw(self, session: SessionId, id: str) -> bool:
        """Ask for it no longer; whether that was so just now. A refused one stays as it is."""
        now_ms = self._now_ms()
        withdrawn = (
            update(RequestRow)
            .where(
                RequestRow.id == id,
                RequestRow.session_id == session,
                RequestRow.state.in_(_STANDING),
            )
            .values(state="withdrawn", decided_ms=now_ms, decided_by=None)
        )

        def job(db: Connection) -> int:
            lock(db, session)
            before = is_restricted(db, session)
            count = db.execute(withdrawn).rowcount
            owe_change(db, session, before, now_ms)
            return count

        return await self._database.write(job) == 1

    async def of(self, session: SessionId) -> list[Request]:
        """Everything that was asked for about this session, the oldest first."""
        wanted = select(RequestRow.__table__).where(RequestRow.session_id == session)
        ordered = wanted.order_by(RequestRow.made_ms, RequestRow.id)
        return [_read(row) for row in await self._rows(ordered)]

    async def told(self, session: SessionId) -> list[Told]:
        """The same with what was said. Raises Shredded, Unreadable."""
        wanted = select(RequestRow.__table__).where(RequestRow.session_id == session)
        rows = await self._rows(wanted.order_by(RequestRow.made_ms, RequestRow.id))
        return [await self._told(row) for row in rows]

    # ---- the house

    async def open_requests(self) -> list[Request]:
        """What waits for a decision, the next one due first."""
        wanted = select(RequestRow.__table__).where(RequestRow.state == "open")
        ordered = wanted.order_by(RequestRow.due_ms, RequestRow.id)
        return [_read(row) for row in await self._rows(ordered)]

    async def every(self) -> list[Request]:
        """All that are kept, the oldest first."""
        ordered = select(RequestRow.__table__).order_by(RequestRow.made_ms, RequestRow.id)
        return [_read(row) for row in await self._rows(ordered)]

    async def standing(self, sessions: Collection[SessionId]) -> dict[SessionId, list[str]]:
        """Against which purposes an objection stands, of those sessions that have any."""
        wanted = (
            select(RequestRow.session_id, RequestRow.purpose)
            .where(
                RequestRow.session_id.in_(sessions),
                RequestRow.kind == "objection",
                RequestRow.state.in_(_STANDING),
            )
            .order_by(RequestRow.purpose)
        )
        found: dict[SessionId, list[str]] = {}
        for row in await self._rows(wanted):
            found.setdefault(SessionId(row.session_id), []).append(row.purpose)
        return found

    async def get(self, id: str) -> Request | None:
        """One of them."""
        rows = await self._rows(select(RequestRow.__table__).where(RequestRow.id == id))
        return _read(rows[0]) if rows else None

    async def find(self, id: str) -> Told | None:
        """One of them, with what was said. Raises Shredded, Unreadable."""
        rows = await self._rows(select(RequestRow.__table__).where(RequestRow.id == id))
        return await self._told(rows[0]) if rows else None

    async def decide(self, id: str, decision: Decision, *, by: str, answer: str = "") -> Request:
        """Grant it or refuse it, with an answer that the person reads at their receipt.

        The same decision again changes nothing. Raises LookupError if there is no such request,
        Refused: request.decided if it was decided otherwise or withdrawn, request.too_long;
        Shredded, Unknown.
        """
        said = await self._said(id, "answer", answer)
        decided = {
            "state": decision, "decided_ms": self._now_ms(), "decided_by": by, "answer": said,
        }  # fmt: skip
        return await self._changed(id, decided, lambda request: request.state == decision)

    async def extend(self, id: str, *, reason: str) -> Request:
        """Two further months, once, for a reason that the person reads (Art. 12(3) GDPR).

        Raises LookupError, Refused: request.decided, request.extended, request.too_long; Shredded,
        Unknown.
        """
        request = await self.get(id)
        if request is None:
            raise LookupError("there is no such request")
        if request.extended_ms is not None:
            raise Refused("request.extended")
        due_ms = months_after(request.made_ms, 3)
        said = await self._said(id, "extension", reason)
        further = {"due_ms": due_ms, "extended_ms": self._now_ms(), "extension": said}
        return await self._changed(id, further, lambda request: request.due_ms == due_ms)

    # ---- inside

    async def _said(self, id: str, name: str, text: str) -> bytes | None:
        """What the house says, sealed. Raises LookupError, Shredded, Refused."""
        if len(text) > MAX_ANSWER:
            raise Refused("request.too_long", field=name, count=MAX_ANSWER)
        request = await self.get(id)
        if request is None:
            raise LookupError("there is no such request")
        return await self._keys.seal_note(request.session, f"{name} {id}", text) if text else None

    async def _changed(
        self, id: str, values: dict[str, Any], is_so: Callable[[Request], bool]
    ) -> Request:
        """An open one with these values; one that is so already as it is."""
        wanted = select(RequestRow.__table__).where(RequestRow.id == id)

        def job(db: Connection) -> Request:
            row = db.execute(wanted.with_for_update()).one_or_none()
            if row is None:  # erased meanwhile
                raise LookupError("there is no such request")
            if is_so(_read(row)):
                return _read(row)
            if row.state != "open":
                raise Refused("request.decided")
            session, now_ms = SessionId(row.session_id), self._now_ms()
            before = is_restricted(db, session)
            db.execute(update(RequestRow).where(RequestRow.id == id).values(values)).close()
            owe_change(db, session, before, now_ms)
            return _read(db.execute(wanted).one())

        return await self._database.write(job)

    async def _rows(self, wanted: Any) -> list[Row[Any]]:
        return await self._database.read(lambda db: list(db.execute(wanted).all()))

    async def _told(self, row: Row[Any]) -> Told:
        session = SessionId(row.session_id)
        said = [
            await self._keys.open_note(session, f"{name} {row.id}", sealed) if sealed else ""
            for name, sealed in (
                ("reason", row.reason),
                ("answer", row.answer),
                ("extension", row.extension),
            )
        ]
        return Told(_read(row), *said)


def months_after(at_ms: int, months: int = 1) -> int:
    """The same time of the same day so many months later, or of the last day of that month."""
    at = datetime.fromtimestamp(at_ms / 1_000, UTC)
    count = at.year * 12 + at.month - 1 + months
    year, month = count // 12, count % 12 + 1
    day = min(at.day, calendar.monthrange(year, month)[1])
    return round(at.replace(year=year, month=month, day=day).timestamp() * 1_000)


def _made(db: Connection, session: SessionId, row: dict[str, Any]) -> Request:
    lock(db, session)
    there = select(SessionRow.number).where(SessionRow.id == session)
    gone = select(TombstoneRow.facts).where(TombstoneRow.session_hash == hash_of(session))
    if db.scalar(there) is None or db.scalar(gone) is not None:
        raise LookupError("there is no such session")
    every = select(RequestRow.__table__).where(RequestRow.session_id == session)
    asked = [_read(one) for one in db.execute(every)]
    for one in asked:
        if _same(one, row):
            return one
    if len(asked) >= MAX_OF_SESSION:
        raise Refused("request.too_many")
    before = is_restricted(db, session)
    db.execute(insert(RequestRow), row).close()
    owe_change(db, session, before, row["made_ms"])
    if (row["kind"], row["purpose"]) == ("objection", "statistics"):
        out = update(SessionRow).where(SessionRow.id == session).values(to_count=False)
        db.execute(out).close()
    return _read(db.execute(every.where(RequestRow.id == row["id"])).one())


def _same(one: Request, row: dict[str, Any]) -> bool:
    """An objection that stands; a question may be asked beside another."""
    return one.stands and (one.kind, one.purpose) == (row["kind"], row["purpose"])


def _read(row: Row[Any]) -> Request:
    return Request(
        id=row.id, session=SessionId(row.session_id), kind=row.kind, purpose=row.purpose,
        made_ms=row.made_ms, due_ms=row.due_ms, state=row.state, decided_ms=row.decided_ms,
        decided_by=row.decided_by, extended_ms=row.extended_ms,
    )  # fmt: skip
