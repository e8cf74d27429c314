"""Sessions from one house to another: all rows of one as they are, sealed as they are.

What names accounts, agencies or nodes of the house stays behind. Two houses have the same of a
session if its portraits are equal. It knows no keys and no files on a disk.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import Connection, LargeBinary, Table, func, insert, select

from sessions.database import Database
from sessions.events import Refused, SessionId, State
from sessions.holds import kinds_of
from sessions.models import (
    CorrectionRow,
    EventRow,
    FileRow,
    NoticeTermRow,
    NoticeTextRow,
    ReceiptRow,
    RequestRow,
    Row,
    SeatRow,
    SessionRow,
    TombstoneRow,
)
from sessions.owed import put_recipient
from sessions.receipts import hash_of

Portrait = Mapping[str, list[dict[str, Any]]]  # rows by table; bytes in base64
# By table: what leads to the session, in which order rows are, and what they lose on the way.
_PARTS: Final[Mapping[str, tuple[type[Row], str, tuple[str, ...]]]] = {
    "seats": (SeatRow, "session_id", ("participant",)),
    "files": (FileRow, "session_id", ("id",)),
    "receipts": (ReceiptRow, "session_id", ("number",)),
    "request": (RequestRow, "session_id", ("id",)),
    "corrections": (CorrectionRow, "session_id", ("number",)),
}
_LOST: Final[Mapping[str, Mapping[str, Any]]] = {
    "sessions": {"advisor_account": None, "agency": None, "to_count": False},
    "seats": {"account_id": None, "node": None, "lease_until_ms": 0},
    "files": {"holder": None, "held_until_ms": 0},
    "request": {"decided_by": None},
}
_NUMBERS: Final = {"sessions": "number", "events": "session_number"}  # of this database alone


class Transfer:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ready(self, topics: frozenset[str] | None) -> tuple[list[SessionId], int]:
        """The sessions that are over and free, of these topics or all; and how many stay here
        because they go on, or are held or restricted."""
        wanted = select(SessionRow.id, SessionRow.state).order_by(
            SessionRow.created_ms, SessionRow.id
        )
        if topics is not None:
            wanted = wanted.where(SessionRow.topic.in_(topics))

        def job(db: Connection) -> tuple[list[SessionId], int]:
            rows = db.execute(wanted).all()
            free = [
                SessionId(row.id) for row in rows
                if row.state == State.ENDED and not kinds_of(db, SessionId(row.id))
            ]  # fmt: skip
            return free, len(rows) - len(free)

        return await self._database.read(job)

    async def leaving(self, session: SessionId, house: str, at_ms: int) -> None:
        """From now on that house counts as a recipient of it."""
        await self._database.write(
            lambda db: put_recipient(db, session, "house", house, at_ms)
        )  # fmt: skip

    async def portrait(self, session: SessionId) -> Portrait | None:
        """All rows of a session; None if there is none."""
        return await self._database.read(lambda db: _portrait(db, session))

    async def take(self, session: SessionId, portrait: Portrait) -> bool:
        """Have it from now on; whether it was not there before.

        Raises Refused: transfer.other_release, transfer.erased if it was erased here once,
        transfer.other if another session of this id is here.
        """

        def job(db: Connection) -> bool:
            gone = select(TombstoneRow.facts).where(TombstoneRow.session_hash == hash_of(session))
            if db.scalar(gone) is not None:
                raise Refused("transfer.erased")
            known = _portrait(db, session)
            if known is not None:
                if digestible(known) != digestible(portrait):
                    raise Refused("transfer.other")
                return False
            _insert(db, session, portrait)
            return True

        return await self._database.write(job)

    async def notices(self) -> Portrait:
        """Every version of every notice, so that words can be read again that people agreed to."""
        tables = (_table(NoticeTextRow), _table(NoticeTermRow))
        return await self._database.read(
            lambda db: {str(one.name): _rows(db, one, select(one)) for one in tables}
        )

    async def take_notices(self, given: Portrait) -> None:
        """Beside our own, as versions of before. Again changes nothing."""
        texts, terms = given["notice_texts"], given["notice_terms"]

        def job(db: Connection) -> None:
            there = set(db.scalars(select(NoticeTextRow.version)))
            for one in texts:
                if one["version"] not in there:
                    db.execute(insert(NoticeTextRow), one).close()
            for one in sorted(terms, key=lambda term: -term["turn"]):
                of = (
                    NoticeTermRow.name == one["name"], NoticeTermRow.language == one["language"],
                )  # fmt: skip
                held = select(NoticeTermRow.turn).where(
                    *of, NoticeTermRow.version == one["version"]
                )
                if db.scalar(held.limit(1)) is None:
                    first = db.scalar(select(func.min(NoticeTermRow.turn)).where(*of))
                    turn = 0 if first is None else first - 1
                    db.execute(insert(NoticeTermRow), one | {"turn": turn}).close()

        await self._database.write(job)


def digestible(portrait: Portrait) -> bytes:
    """The same bytes for the same session, whichever house has it."""
    return orjson.dumps(portrait, option=orjson.OPT_SORT_KEYS)


def counts_of(portrait: Portrait) -> dict[str, int]:
    return {name: len(rows) for name, rows in portrait.items() if name != "sessions"}


def _portrait(db: Connection, session: SessionId) -> Portrait | None:
    sessions, events = _table(SessionRow), _table(EventRow)
    found = _rows(db, sessions, select(sessions).where(SessionRow.id == session))
    if not found:
        return None
    number = select(SessionRow.number).where(SessionRow.id == session).scalar_subquery()
    log = select(events).where(EventRow.session_number == number).order_by(EventRow.seq)
    portrait = {"sessions": found, "events": _rows(db, events, log)}
    for name, (row, leads, order) in _PARTS.items():
        table = _table(row)
        wanted = select(table).where(table.c[leads] == session)
        ordered = wanted.order_by(*(table.c[one] for one in order))
        portrait[name] = _rows(db, table, ordered)
    return portrait


def _rows(db: Connection, table: Table, wanted: Any) -> list[dict[str, Any]]:
    lost, number = _LOST.get(table.name, {}), _NUMBERS.get(table.name)
    rows = [{**row._mapping, **lost} for row in db.execute(wanted)]
    return [
        {str(name): _plain(value) for name, value in row.items() if name != number} for row in rows
    ]  # fmt: skip


def _insert(db: Connection, session: SessionId, portrait: Portrait) -> None:
    [row] = portrait["sessions"]
    if row.get("id") != session or set(portrait) != {"sessions", "events", *_PARTS}:
        raise Refused("transfer.other_release")
    db.execute(insert(SessionRow), _read(_table(SessionRow), row)).close()
    number = db.scalar(select(SessionRow.number).where(SessionRow.id == session))
    for event in portrait["events"]:
        told = _read(_table(EventRow), event) | {"session_number": number}
        db.execute(insert(EventRow), told).close()
    for name, (kind, leads, _) in _PARTS.items():
        for one in portrait[name]:
            if one.get(leads) != session:
                raise Refused("transfer.other_release")
            db.execute(insert(kind), _read(_table(kind), one)).close()


def _read(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for our table; Refused where the other house has other columns."""
    columns = {one.name: one for one in table.columns if one.name != _NUMBERS.get(table.name)}
    if set(row) != set(columns):
        raise Refused("transfer.other_release")
    return {
        name: b64decode(value) if value is not None and _is_bytes(columns[name].type) else value
        for name, value in row.items()
    }


def _plain(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


def _is_bytes(kind: Any) -> bool:
    return isinstance(kind, LargeBinary)


def _table(row: type[Row]) -> Table:
    table = row.__table__
    assert isinstance(table, Table)
    return table
