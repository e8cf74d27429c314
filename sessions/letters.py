"""Letters: requests that reach the house by letter, telephone or mail, and until when it answers.

A letter is never a name: perhaps the number of a receipt, a kind, days, and what was decided. It
does not know who may decide.
"""

import calendar
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Row, delete, insert, select, update

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused
from sessions.protection_rows import LetterRow
from sessions.retention import Period
from sessions.words import Words

Way = Literal["letter", "phone", "mail", "person"]
LetterKind = Literal[
    "access", "correction", "erasure", "restriction", "portability", "objection", "withdrawal",
    "other",
]  # fmt: skip
LetterState = Literal["open", "done", "refused"]
# How it was made sure who asks: by what is theirs alone, or by what the house knew before.
Method = Literal["receipt", "document", "video", "callback", "post", "portal"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
# What would harm somebody else if the wrong person got it (Art. 12(6) GDPR).
FOR_THEM_ALONE: Final[frozenset[LetterKind]] = frozenset({"access", "portability", "erasure"})

ANSWER_MONTHS: Final = 1  # Art. 12(3) GDPR
EXTENDED_MONTHS: Final = 3  # one, and two further ones
# Until nobody can complain or sue about it any more (§ 31 OWiG, §§ 195, 199 BGB).
KEPT: Final = Period(days=3 * 365, from_year_end=True)
MAX_WORDS: Final = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Checked:
    """How, when and by whom it was made sure who asks. Of a document nothing is kept."""

    method: Method
    at_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One request; `extension` and `answer` are the officer's words, perhaps ""."""

    id: str
    way: Way
    kind: LetterKind
    number: str | None
    received_on: date
    due_on: date
    extended_ms: int | None
    state: LetterState
    decided_ms: int | None
    extension: str
    answer: str
    checked: Checked | None = None

    @property
    def needs_check(self) -> bool:
        """Whether nothing may be given or erased yet, because nobody knows who asks."""
        return self.checked is None and self.kind in FOR_THEM_ALONE


class Letters:
    def __init__(self, database: Database, words: Words, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._words = words
        self._now_ms = now_ms

    async def enter(
        self, way: Way, kind: LetterKind, *, received_on: date, number: str | None, by: str
    ) -> Letter:
        """Write it down: due a month after it was received, whenever it is entered."""
        row: dict[str, Any] = {
            "id": secrets.token_hex(8), "way": way, "kind": kind, "number": number,
            "received_on": received_on.isoformat(),
            "due_on": months_after(received_on, ANSWER_MONTHS).isoformat(),
            "extended_ms": None, "state": "open", "entered_ms": self._now_ms(), "entered_by": by,
            "decided_ms": None, "decided_by": None, "extension": None, "answer": None,
            "checked": None, "checked_ms": None, "checked_by": None,
        }  # fmt: skip
        return await self._database.write(lambda db: self._entered(db, row))

    async def check(self, id: str, method: Method, *, by: str) -> Letter:
        """Keep how it was made sure who asks; another way than before while the letter is open.

        Raises LookupError, Refused("request.decided").
        """
        known = {"checked": method, "checked_ms": self._now_ms(), "checked_by": by}

        def job(db: Connection) -> Letter:
            self._locked_open(db, id)
            return self._changed(db, id, known)

        return await self._database.write(job)

    async def extend(self, id: str, *, reason: str) -> Letter:
        """Two months more, once, with a reason that the person is told (Art. 12(3)).

        Raises LookupError, Refused("request.decided") or Refused("request.extended").
        """
        sealed = self._words.seal(f"extension {id}", reason)

        def job(db: Connection) -> Letter:
            letter = self._locked_open(db, id)
            if letter.extended_ms is not None:
                raise Refused("request.extended")
            due = months_after(letter.received_on, EXTENDED_MONTHS).isoformat()
            further = {"due_on": due, "extended_ms": self._now_ms(), "extension": sealed}
            return self._changed(db, id, further)

        return await self._database.write(job)

    async def decide(
        self, id: str, state: Literal["done", "refused"], *, answer: str, by: str
    ) -> Letter:
        """Close it. Raises LookupError; Refused("request.decided") if it was closed otherwise,
        Refused("identity.unchecked") if nobody knows who would get what.
        """
        sealed = self._words.seal(f"answer {id}", answer) if answer else None
        decided = {
            "state": state, "answer": sealed, "decided_ms": self._now_ms(), "decided_by": by,
        }  # fmt: skip

        def job(db: Connection) -> Letter:
            if self._locked_open(db, id).needs_check and state == "done":
                raise Refused("identity.unchecked")
            return self._changed(db, id, decided)

        return await self._database.write(job)

    async def find(self, id: str) -> Letter | None:
        return await self._database.read(lambda db: self._one(db, id))

    async def open_letters(self) -> list[Letter]:
        """What waits for an answer, the next one due first."""
        wanted = select(LetterRow.__table__).where(LetterRow.state == "open")
        return await self._listed(wanted.order_by(LetterRow.due_on, LetterRow.id))

    async def decided(self, since_ms: int) -> list[Letter]:
        """What was answered since then, the last one first."""
        wanted = select(LetterRow.__table__).where(LetterRow.decided_ms >= since_ms)
        return await self._listed(wanted.order_by(LetterRow.decided_ms.desc(), LetterRow.id))

    async def every(self) -> list[Letter]:
        """All that are kept, the oldest first."""
        wanted = select(LetterRow.__table__)
        return await self._listed(wanted.order_by(LetterRow.received_on, LetterRow.id))

    async def forget(self) -> int:
        """Delete what was answered so long ago that nobody can ask about it; how many."""
        limit = oldest_kept_ms(self._now_ms())
        gone = delete(LetterRow).where(LetterRow.decided_ms < limit)
        return await self._database.write(lambda db: db.execute(gone).rowcount)

    # ---- inside

    def _entered(self, db: Connection, row: dict[str, Any]) -> Letter:
        db.execute(insert(LetterRow), row).close()
        found = self._one(db, row["id"])
        assert found is not None
        return found

    def _locked_open(self, db: Connection, id: str) -> Letter:
        wanted = select(LetterRow.__table__).where(LetterRow.id == id).with_for_update()
        row = db.execute(wanted).one_or_none()
        if row is None:
            raise LookupError("there is no such letter")
        if row.state != "open":
            raise Refused("request.decided")
        return self._letter(row)

    def _changed(self, db: Connection, id: str, values: dict[str, Any]) -> Letter:
        db.execute(update(LetterRow).where(LetterRow.id == id).values(values)).close()
        found = self._one(db, id)
        assert found is not None
        return found

    def _one(self, db: Connection, id: str) -> Letter | None:
        row = db.execute(select(LetterRow.__table__).where(LetterRow.id == id)).one_or_none()
        return None if row is None else self._letter(row)

    async def _listed(self, wanted: Any) -> list[Letter]:
        rows = await self._database.read(lambda db: list(db.execute(wanted).all()))
        return [self._letter(row) for row in rows]

    def _letter(self, row: Row[Any]) -> Letter:
        return Letter(
            id=row.id, way=row.way, kind=row.kind, number=row.number,
            received_on=date.fromisoformat(row.received_on),
            due_on=date.fromisoformat(row.due_on), extended_ms=row.extended_ms, state=row.state,
            decided_ms=row.decided_ms,
            extension=self._words.open(f"extension {row.id}", row.extension),
            answer=self._words.open(f"answer {row.id}", row.answer), checked=_checked(row),
        )  # fmt: skip


def _checked(row: Row[Any]) -> Checked | None:
    return None if row.checked is None else Checked(row.checked, row.checked_ms, row.checked_by)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month (§ 188(3) BGB)."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def oldest_kept_ms(now_ms: int) -> int:
    """What was closed before this moment is over: three whole years, counted from a year's end."""
    year = datetime.fromtimestamp(now_ms / 1_000, UTC).year
    while KEPT.over_ms(round(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1_000)) > now_ms:
        year -= 1
    return round(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp() * 1_000)
