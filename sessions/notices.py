"""Notices: the exact words that people are shown before they decide, and since when they hold.

Each text is kept once, under the SHA-256 of itself, and never changed or deleted: no personal data
is in it. It does not know where the words come from, nor how they are shown.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, NewType

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.models import NoticeTermRow, NoticeTextRow

Version = NewType("Version", str)  # 64 hex digits: SHA-256 of the text in UTF-8
EDITION: Final = "edition"  # the name of what lists all notices that held together
_ATTEMPTS: Final = 5  # where several nodes begin at once


def is_version(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def version_of(text: str) -> Version:
    return Version(hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Notice:
    """One text in one language."""

    name: str
    language: str
    text: str

    @property
    def version(self) -> Version:
        return version_of(self.text)


class Term(NamedTuple):
    """A version of a notice, and since when it held (UTC)."""

    name: str
    language: str
    version: Version
    from_ms: int


def edition_of(notices: Iterable[Notice], language: str) -> Notice:
    """What was in force together in this language, as a text of its own: a line for each."""
    lines = sorted(f"{one.name} {one.version}" for one in notices if one.language == language)
    return Notice(EDITION, language, "\n".join(lines))


def versions_in(edition: str) -> Mapping[str, Version]:
    """The versions that the text of an edition lists, by name."""
    lines = (line.partition(" ") for line in edition.split("\n"))
    return {name: Version(version) for name, _, version in lines}


class Notices:
    def __init__(self, database: Database, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._now_ms = now_ms

    async def put_in_force(self, notices: Sequence[Notice]) -> int:
        """From now on these hold; how many of them did not before. Done once more, it does nothing.

        Texts of before stay. Several nodes may do it at once.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._database.write(lambda db: self._put(db, notices))
            except IntegrityError:  # another node was faster
                continue
        return await self._database.write(lambda db: self._put(db, notices))

    async def terms(self) -> list[Term]:
        """All versions there were, of each notice the newest first."""
        order = (NoticeTermRow.name, NoticeTermRow.language, NoticeTermRow.turn.desc())
        wanted = select(NoticeTermRow.__table__).order_by(*order)
        rows = await self._database.read(lambda db: db.execute(wanted).all())
        return [Term(row.name, row.language, Version(row.version), row.from_ms) for row in rows]

    async def texts(self, versions: Iterable[str]) -> Mapping[str, str]:
        """The exact words of those of these versions that there are."""
        wanted = select(NoticeTextRow.__table__).where(NoticeTextRow.version.in_(list(versions)))
        rows = await self._database.read(lambda db: db.execute(wanted).all())
        return {row.version: row.text for row in rows}

    async def edition(self, version: str) -> Mapping[str, Version] | None:
        """Which versions held together in this edition; None if there was no such edition."""
        wanted = (
            select(NoticeTextRow.text)
            .join(NoticeTermRow, NoticeTermRow.version == NoticeTextRow.version)
            .where(NoticeTextRow.version == version, NoticeTermRow.name == EDITION)
            .limit(1)
        )
        text = await self._database.read(lambda db: db.scalar(wanted))
        return None if text is None else versions_in(text)

    # ---- inside

    def _put(self, db: Connection, notices: Sequence[Notice]) -> int:
        fresh = 0
        for one in notices:
            kept = select(NoticeTextRow.version).where(NoticeTextRow.version == one.version)
            if db.scalar(kept) is None:
                text = {"version": one.version, "text": one.text}
                db.execute(insert(NoticeTextRow), text).close()
            last = (
                select(NoticeTermRow.turn, NoticeTermRow.version)
                .where(NoticeTermRow.name == one.name, NoticeTermRow.language == one.language)
                .order_by(NoticeTermRow.turn.desc())
                .limit(1)
            )
            turn, version = db.execute(last).one_or_none() or (0, None)
            if version == one.version:
                continue
            fresh += 1
            term = {
                "name": one.name, "language": one.language, "turn": turn + 1,
                "version": one.version, "from_ms": self._now_ms(),
            }  # fmt: skip
            db.execute(insert(NoticeTermRow), term).close()
        return fresh
