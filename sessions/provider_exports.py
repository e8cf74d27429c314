"""Exports for the technical provider: one person prepares the numbers, another one looks at them
and releases them; then they are given as they were looked at.

There is nothing of anybody in them. It does not know how they were counted, nor what is written of
them. Words are sealed.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Refused
from sessions.exit import Leave
from sessions.four_eyes import ENTERED, expect_second
from sessions.letters import oldest_kept_ms
from sessions.protection_rows import ProviderExportRow
from sessions.ways import PROVIDER
from sessions.words import Words

ExportState = Literal["asked", "approved", "refused", "handed"]
_RELEASED: Final = ("approved", "handed")


@dataclass(frozen=True, slots=True)
class ProviderExport:
    """One of them; times in UTC milliseconds. `digest`: SHA-256 of the document."""

    id: str
    first: date
    last: date
    state: ExportState
    asked_ms: int
    asked_by: str
    digest: str
    decided_ms: int | None = None
    decided_by: str | None = None
    handed_ms: int | None = None
    handed_by: str | None = None
    purpose: str = ""
    why: str = ""


class ProviderExports:
    def __init__(self, database: Database, words: Words, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._words = words
        self._now_ms = now_ms

    async def prepare(
        self, document: bytes, first: date, last: date, *, purpose: str, by: str
    ) -> ProviderExport:
        """Keep a document, UTF-8, until somebody else looked at it."""
        id = secrets.token_hex(8)
        row: dict[str, Any] = {
            "id": id, "first": first.isoformat(), "last": last.isoformat(), "state": ENTERED,
            "asked_ms": self._now_ms(), "asked_by": by, "decided_ms": None, "decided_by": None,
            "handed_ms": None, "handed_by": None, "document": document.decode(),
            "digest": hashlib.sha256(document).hexdigest(),
            "words": self._seal(id, {"purpose": purpose, "why": ""}),
        }  # fmt: skip

        def job(db: Connection) -> ProviderExport:
            db.execute(insert(ProviderExportRow), row).close()
            return self._read(_row(db, id))

        return await self._database.write(job)

    async def decide(
        self, id: str, state: Literal["approved", "refused"], *, why: str, by: str
    ) -> ProviderExport:
        """By a second person. Raises LookupError; Refused: disclosure.own, disclosure.decided."""

        def job(db: Connection) -> ProviderExport:
            row = _row(db, id, lock=True)
            expect_second(row.state, entered_by=row.asked_by, by=by)
            said = {"purpose": self._read(row).purpose, "why": why}
            return self._changed(db, id, {
                "state": state, "decided_ms": self._now_ms(), "decided_by": by,
                "words": self._seal(id, said),
            })  # fmt: skip

        return await self._database.write(job)

    async def hand_over(self, leave: Leave) -> bytes:
        """The document as it was looked at. Raises LookupError, Refused("disclosure.unapproved").

        Who took it first, and when, stays.
        """

        leave.expect(PROVIDER)
        id, by = leave.ground, leave.actor

        def job(db: Connection) -> bytes:
            row = _row(db, id, lock=True)
            if row.state not in _RELEASED:
                raise Refused("disclosure.unapproved")
            if row.state != "handed":
                taken = {"state": "handed", "handed_ms": self._now_ms(), "handed_by": by}
                self._changed(db, id, taken)
            return str(row.document).encode()

        return await self._database.write(job)

    async def document(self, id: str) -> bytes:
        """The same, to look at. Raises LookupError."""
        return await self._database.read(lambda db: str(_row(db, id).document).encode())

    async def find(self, id: str) -> ProviderExport | None:
        wanted = select(ProviderExportRow.__table__).where(ProviderExportRow.id == id)
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        return None if row is None else self._read(row)

    async def known(self) -> list[ProviderExport]:
        """The last one first."""
        wanted = select(ProviderExportRow.__table__).order_by(
            ProviderExportRow.asked_ms.desc(), ProviderExportRow.id
        )
        rows = await self._database.read(lambda db: [*db.execute(wanted).all()])
        return [self._read(row) for row in rows]

    async def forget(self) -> int:
        """Delete what was decided so long ago that nobody can ask about it; how many."""
        gone = delete(ProviderExportRow).where(
            ProviderExportRow.decided_ms < oldest_kept_ms(self._now_ms())
        )
        return await self._database.write(lambda db: db.execute(gone).rowcount)

    # ---- inside

    def _seal(self, id: str, said: dict[str, str]) -> bytes:
        return self._words.seal(f"provider export {id}", orjson.dumps(said).decode())

    def _changed(self, db: Connection, id: str, values: dict[str, Any]) -> ProviderExport:
        changed = update(ProviderExportRow).where(ProviderExportRow.id == id).values(values)
        db.execute(changed).close()
        return self._read(_row(db, id))

    def _read(self, row: Row[Any]) -> ProviderExport:
        said = orjson.loads(self._words.open(f"provider export {row.id}", row.words))
        return ProviderExport(
            id=row.id, first=date.fromisoformat(row.first), last=date.fromisoformat(row.last),
            state=row.state, asked_ms=row.asked_ms, asked_by=row.asked_by, digest=row.digest,
            decided_ms=row.decided_ms, decided_by=row.decided_by, handed_ms=row.handed_ms,
            handed_by=row.handed_by, **said,
        )  # fmt: skip


def _row(db: Connection, id: str, *, lock: bool = False) -> Row[Any]:
    wanted = select(ProviderExportRow.__table__).where(ProviderExportRow.id == id)
    row = db.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise LookupError("there is no such export")
    return row
