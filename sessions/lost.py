"""Finds a session for somebody who lost its receipt: by the day and the name that they give.

Every name of that day is opened for a moment and compared; whose it is leaves this module only as
"this session" or not at all. It does not know who asks, nor whether they may.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from sessions.database import Database
from sessions.envelope import Unreadable
from sessions.events import ParticipantId, Role, SessionId
from sessions.keys import Keys, Shredded
from sessions.models import SeatRow, SessionRow
from sessions.names import Name

_COLUMNS: Final = (
    SessionRow.id, SessionRow.created_ms, SessionRow.ended_ms, SessionRow.topic,
    SeatRow.participant, SeatRow.name_sealed,
)  # fmt: skip
# As German readers spell a letter that their keyboard lacks.
_SPELT_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


@dataclass(frozen=True, slots=True)
class Found:
    """A session by its numbers, without the name by which it was found. Times in UTC ms."""

    session: SessionId
    began_ms: int
    ended_ms: int | None
    topic: str | None


async def find_lost(
    database: Database, keys: Keys, *, name: str, from_ms: int, until_ms: int
) -> list[Found]:
    """Sessions that began from `from_ms` up to but not `until_ms` under this name, in order.

    Each word of `name` has to be one of the prospect's, with or without marks, in any order.
    """
    asked = [_spellings(word) for word in _words(name)]
    if not asked:
        return []
    rows = await database.read(lambda db: _began(db, from_ms, until_ms))
    found = []
    for row in rows:
        try:
            kept = await keys.open_name(
                SessionId(row.id), ParticipantId(row.participant), row.name_sealed
            )
        except (Shredded, Unreadable):
            continue  # nobody's any more
        own = [_spellings(word) for word in _words(Name.unpacked(kept).full)]
        if all(any(word & other for other in own) for word in asked):
            found.append(Found(SessionId(row.id), row.created_ms, row.ended_ms, row.topic))
    return found


def _began(db: Connection, from_ms: int, until_ms: int) -> Sequence[Any]:
    wanted = (
        select(*_COLUMNS)
        .join(SeatRow, SeatRow.session_id == SessionRow.id)
        .where(
            SessionRow.created_ms >= from_ms,
            SessionRow.created_ms < until_ms,
            SeatRow.role == Role.PROSPECT,
        )
        .order_by(SessionRow.created_ms, SessionRow.number)
    )
    return db.execute(wanted).all()


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter if _joins(letter) else " " for letter in plain).split()


def _joins(letter: str) -> bool:
    return letter.isalpha() or unicodedata.category(letter).startswith("M")


def _spellings(word: str) -> set[str]:
    """Without marks, and with what stands for them."""
    return {_bare(word), _bare(word.translate(_SPELT_OUT))}


def _bare(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    return "".join(part for part in parts if not unicodedata.category(part).startswith("M"))
