"""Audit: who used a key of the server's, when and why, as a chain in which no link can be changed.

Whoever may write to the database could write the whole chain anew: note its end elsewhere now and
then, and `verify` finds it again. It holds ids, never content.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, Row, create_engine, func, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import SessionId
from sessions.models import AuditRow, FactRow
from sessions.postgres import server_url
from sessions.sqlite import path_of

START: Final = bytes(32)  # what the first link is chained to
_HEAD: Final = "audit_head"  # the fact that says how far the chain goes
_PAGE: Final = 1_000
_ID: Final = 32  # characters of what names a session


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the chain: how many links there are up to it, and the hash of the last."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """Raises ValueError for what is no mark."""
        seq, _, digest = text.partition(":")
        mark = cls(int(seq), bytes.fromhex(digest))
        if mark.seq < 0 or len(mark.hash) != len(START):
            raise ValueError("expected number:hash")
        return mark


class Entry(NamedTuple):
    """Who did what when; `about`: a space and the reason, or a slash and the file's id."""

    at_ms: int
    actor: str
    action: str
    about: str


class Written(NamedTuple):
    """A link as it was written."""

    seq: int
    at_ms: int
    actor: str
    action: str
    subject: str


class Broken(Exception):
    """The chain is not what it was; `seq` is the first link that does not fit."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"the audit log was changed at entry {seq}")
        self.seq = seq


class Audit:
    def __init__(self, database: Database, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._now_ms = now_ms

    async def record(self, actor: str, action: str, subject: str) -> Mark:
        """Who does what to what; durable on return, and before anything is done."""

        def job(db: Connection) -> Mark:
            head = select(FactRow.value).where(FactRow.name == _HEAD).with_for_update()
            last = Mark.parse(db.execute(head).scalar_one())
            row: dict[str, int | str] = {
                "seq": last.seq + 1, "at_ms": self._now_ms(),
                "actor": actor, "action": action, "subject": subject,
            }  # fmt: skip
            mark = Mark(last.seq + 1, _link(last.hash, *row.values()))
            db.execute(insert(AuditRow), {**row, "hash": mark.hash}).close()
            further = update(FactRow).where(FactRow.name == _HEAD).values(value=str(mark))
            db.execute(further).close()
            return mark

        return await self._database.write(job)

    async def about(self, session: SessionId) -> list[Entry]:
        """Who opened what of this session, oldest first."""
        table = AuditRow.__table__
        wanted = select(table).where(func.substr(AuditRow.subject, 1, len(session)) == session)
        rows = await self._database.read(lambda db: db.execute(wanted.order_by("seq")).all())
        return [
            Entry(row.at_ms, row.actor, row.action, row.subject[len(session) :]) for row in rows
        ]

    async def of_action(self, action: str, *, since_ms: int, most: int) -> list[Written]:
        """The last links of one action, the newest first."""
        table = AuditRow.__table__
        wanted = select(*(table.c[name] for name in Written._fields)).where(
            AuditRow.action == action, AuditRow.at_ms >= since_ms
        )
        newest = wanted.order_by(AuditRow.seq.desc()).limit(most)
        rows = await self._database.read(lambda db: db.execute(newest).all())
        return [Written(*row) for row in rows]

    async def before(
        self, seq: int | None, *, most: int, actions: Collection[str] = ()
    ) -> list[Written]:
        """The last links before that one, the newest first; None: before the end.

        Of these actions alone, if there are any, and of single files.
        """
        table = AuditRow.__table__
        wanted = select(*(table.c[name] for name in Written._fields))
        if seq is not None:
            wanted = wanted.where(AuditRow.seq < seq)
        if actions:
            of_file = func.substr(AuditRow.subject, _ID + 1, 1) == "/"
            wanted = wanted.where(AuditRow.action.in_(actions) | of_file)
        newest = wanted.order_by(AuditRow.seq.desc()).limit(most)
        rows = await self._database.read(lambda db: db.execute(newest).all())
        return [Written(*row) for row in rows]


def verify(url: str, known: Iterable[Mark] = ()) -> Mark:
    """Go through the chain from beside the nodes; where it ends.

    Raises Broken, also when a mark that was noted is not in it, or ConnectionError.
    """
    wanted = {mark.seq: mark.hash for mark in known}
    engine = _reader(url)
    try:
        with engine.connect() as db:
            if engine.dialect.name == "sqlite":
                db.exec_driver_sql("BEGIN")  # all that is read is of one moment
            end = _end_of(db, wanted)
            if Mark.parse(_head_of(db)) != end:
                raise Broken(end.seq + 1)
    except DBAPIError as reason:
        raise ConnectionError(str(reason.orig).splitlines()[0]) from None
    finally:
        engine.dispose()
    if beyond := [seq for seq in wanted if seq > end.seq]:
        raise Broken(min(beyond))
    return end


def _end_of(db: Connection, wanted: dict[int, bytes]) -> Mark:
    end = Mark(0, START)
    for row in _rows(db):
        end = Mark(
            end.seq + 1, _link(end.hash, row.seq, row.at_ms, row.actor, row.action, row.subject)
        )
        if row.seq != end.seq or row.hash != end.hash or wanted.get(end.seq, end.hash) != end.hash:
            raise Broken(end.seq)
    return end


def _rows(db: Connection) -> Iterator[Row[Any]]:
    after = -1 << 62
    while page := db.execute(
        select(AuditRow.__table__).where(AuditRow.seq > after).order_by(AuditRow.seq).limit(_PAGE)
    ).all():
        yield from page
        after = page[-1].seq


def _head_of(db: Connection) -> str:
    return db.execute(select(FactRow.value).where(FactRow.name == _HEAD)).scalar_one()


def _link(previous: bytes, *fields: int | str) -> bytes:
    """JSON leaves no doubt where one field ends and the next begins."""
    return hashlib.sha256(previous + orjson.dumps(fields)).digest()


def _reader(url: str) -> Any:
    """As `condition` looks: beside whoever has the database open, and unable to write."""
    if make_url(url).get_backend_name() == "postgresql":
        engine = create_engine(server_url(url), poolclass=NullPool)
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    path = path_of(url)
    return create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=NullPool)
