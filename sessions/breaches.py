"""Breaches of data protection: what was found when, and the 72 hours that begin then.

What Art. 33(3) GDPR wants to know may come bit by bit (33(4)); each state of it has a hash, so that
the audit chain can prove what was known when. Words are sealed. It never holds a name.
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused
from sessions.letters import oldest_kept_ms
from sessions.protection_rows import BreachRow
from sessions.words import Words

HOURS: Final = 72
REPORT_MS: Final = HOURS * 3_600_000  # Art. 33(1) GDPR, from becoming aware
NATURES: Final = ("confidentiality", "integrity", "availability")
CLASSES: Final = (
    "names",
    "talks",
    "files",
    "boards",
    "connections",
    "consents",
    "accounts",
    "keys",
)
Risk = Literal["unknown", "none", "some", "high"]
BreachState = Literal["open", "reported", "unreported"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of it (Art. 33(3)); numbers are approximate, and None while not known."""

    natures: tuple[str, ...]
    classes: tuple[str, ...]
    people: int | None = None
    records: int | None = None
    risk: Risk = "unknown"
    happened: str = ""
    follows: str = ""  # (c): likely consequences
    measures: str = ""  # (d): taken or proposed

    @property
    def digest(self) -> str:
        """What the audit chain keeps of it."""
        return hashlib.sha256(orjson.dumps(asdict(self))).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach; `told` is the reference of the report, or why there is none; `late`: why late."""

    id: str
    noticed_ms: int
    entered_ms: int
    changed_ms: int
    facts: Facts
    state: BreachState
    closed_ms: int | None = None
    told: str = ""
    late: str = ""

    @property
    def due_ms(self) -> int:
        return self.noticed_ms + REPORT_MS


@dataclass(frozen=True, slots=True)
class _Closed:
    state: BreachState = "open"
    told: str = ""
    late: str = ""
    ms: int | None = None
    by: str | None = None


class Breaches:
    def __init__(self, database: Database, words: Words, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._words = words
        self._now_ms = now_ms

    async def note(self, noticed_ms: int, facts: Facts, *, by: str) -> Breach:
        """Write it down; the clock runs since it was noticed, not since now."""
        id, now_ms = secrets.token_hex(8), self._now_ms()
        row = {
            "id": id, "noticed_ms": noticed_ms, "entered_ms": now_ms, "entered_by": by,
            **self._values(id, facts, _Closed()),
        }  # fmt: skip
        await self._database.write(lambda db: db.execute(insert(BreachRow), row).close())
        return Breach(id, noticed_ms, now_ms, now_ms, facts, "open")

    async def add(self, id: str, facts: Facts) -> Breach:
        """What is known now, also after the report (33(4)). Raises LookupError."""

        def job(db: Connection) -> Breach:
            breach, closed = self._locked(db, id)
            return self._changed(db, breach, self._values(id, facts, closed))

        return await self._database.write(job)

    async def close(
        self, id: str, state: Literal["reported", "unreported"], *, told: str, late: str, by: str
    ) -> Breach:
        """It was reported (`told`: under which reference), or need not be (`told`: why).

        Raises LookupError; Refused: breach.closed, breach.late if it is reported after 72 hours
        without saying why (33(1)), breach.risk if no report is due only where there is no risk.
        """

        def job(db: Connection) -> Breach:
            breach, _ = self._locked(db, id)
            now_ms = self._now_ms()
            if breach.state != "open":
                raise Refused("breach.closed")
            if state == "reported" and now_ms > breach.due_ms and not late:
                raise Refused("breach.late", field="late")
            if state == "unreported" and breach.facts.risk != "none":
                raise Refused("breach.risk", field="state")
            closed = _Closed(state, told, late, now_ms, by)
            return self._changed(db, breach, self._values(id, breach.facts, closed))

        return await self._database.write(job)

    async def find(self, id: str) -> Breach | None:
        return await self._database.read(lambda db: self._one(db, id))

    async def known(self) -> list[Breach]:
        """The open ones first, the next due before the others; then the last closed one."""
        wanted = select(BreachRow.__table__)
        rows = await self._database.read(lambda db: [*db.execute(wanted).all()])
        found = [self._breach(row)[0] for row in rows]
        return sorted(found, key=lambda one: (one.state != "open", -(one.closed_ms or 0),
                                              one.noticed_ms, one.id))  # fmt: skip

    async def forget(self) -> int:
        """Delete what was closed so long ago that nobody can ask about it; how many."""
        gone = delete(BreachRow).where(BreachRow.closed_ms < oldest_kept_ms(self._now_ms()))
        return await self._database.write(lambda db: db.execute(gone).rowcount)

    # ---- inside

    def _values(self, id: str, facts: Facts, closed: _Closed) -> dict[str, Any]:
        said = {
            "happened": facts.happened, "follows": facts.follows, "measures": facts.measures,
            "told": closed.told, "late": closed.late,
        }  # fmt: skip
        return {
            "changed_ms": self._now_ms(), "natures": " ".join(facts.natures),
            "classes": " ".join(facts.classes), "people": facts.people, "records": facts.records,
            "risk": facts.risk, "state": closed.state, "closed_ms": closed.ms,
            "closed_by": closed.by,
            "words": self._words.seal(f"breach {id}", orjson.dumps(said).decode()),
        }  # fmt: skip

    def _changed(self, db: Connection, breach: Breach, values: dict[str, Any]) -> Breach:
        db.execute(update(BreachRow).where(BreachRow.id == breach.id).values(values)).close()
        found = self._one(db, breach.id)
        assert found is not None
        return found

    def _locked(self, db: Connection, id: str) -> tuple[Breach, _Closed]:
        wanted = select(BreachRow.__table__).where(BreachRow.id == id).with_for_update()
        row = db.execute(wanted).one_or_none()
        if row is None:
            raise LookupError("there is no such breach")
        return self._breach(row)

    def _one(self, db: Connection, id: str) -> Breach | None:
        row = db.execute(select(BreachRow.__table__).where(BreachRow.id == id)).one_or_none()
        return None if row is None else self._breach(row)[0]

    def _breach(self, row: Row[Any]) -> tuple[Breach, _Closed]:
        said = orjson.loads(self._words.open(f"breach {row.id}", row.words))
        facts = Facts(
            natures=tuple(row.natures.split()), classes=tuple(row.classes.split()),
            people=row.people, records=row.records, risk=row.risk, happened=said["happened"],
            follows=said["follows"], measures=said["measures"],
        )  # fmt: skip
        closed = _Closed(row.state, said["told"], said["late"], row.closed_ms, row.closed_by)
        breach = Breach(
            row.id, row.noticed_ms, row.entered_ms, row.changed_ms, facts, row.state,
            row.closed_ms, closed.told, closed.late,
        )  # fmt: skip
        return breach, closed
