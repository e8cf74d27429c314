"""What is known of a file: its state, its sizes, what a scanner says; and what a session may have.

It reads no table and knows no names, no types and no keys.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from sessions.envelope import sealed_bytes
from sessions.events import Epoch, FileId, ParticipantId, SessionId


class FileState(StrEnum):
    PARTIAL = "partial"
    WHOLE = "whole"
    REMOVED = "removed"  # for everybody; its blobs go as soon as nobody writes them


class Verdict(StrEnum):
    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"  # too large for the scanner, or it did not answer


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a session may have; bytes in clear."""

    file_bytes: int = 100 << 20
    session_files: int = 50
    session_bytes: int = 500 << 20
    unfinished_ms: int = 24 * 3_600_000

    @property
    def sealed_file_bytes(self) -> int:
        return sealed_bytes(self.file_bytes)

    @property
    def sealed_session_bytes(self) -> int:
        return sealed_bytes(self.session_bytes) + self.session_files * sealed_bytes(0)


@dataclass(frozen=True, slots=True)
class FileView:
    """What is known of a file; sizes in sealed bytes."""

    id: FileId
    session: SessionId
    participant: ParticipantId
    epoch: Epoch
    size: int
    stored: int
    state: FileState
    verdict: Verdict | None
    created_ms: int
    expires_ms: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many files there are, and how many sealed bytes of them are stored."""

    files: int
    bytes: int


def view_of_row(row: Row[Any]) -> FileView:
    """A row of the table, as a value."""
    return FileView(
        id=FileId(row.id),
        session=SessionId(row.session_id),
        participant=ParticipantId(row.participant),
        epoch=Epoch(row.epoch),
        size=row.size,
        stored=row.stored,
        state=FileState(row.state),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
    )
