"""The rows of recordings: which parts there are, and which sealed chunks each is made of.

It belongs to `models.py` and is apart only because of its size.
"""

from sqlalchemy import BigInteger, Connection, ForeignKey, Index, Integer, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from sessions.events import SessionId
from sessions.models import Row


class RecordingRow(Row):
    """One part of a recording: what one person sent over one connection."""

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_session_id", "session_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    participant: Mapped[str] = mapped_column(String(16))
    node: Mapped[str] = mapped_column(String(40))  # that writes it
    began_ms: Mapped[int] = mapped_column(BigInteger)
    last_ms: Mapped[int] = mapped_column(BigInteger)  # when its newest chunk came
    size: Mapped[int] = mapped_column(BigInteger)  # clear bytes
    chunks: Mapped[int] = mapped_column(Integer)
    halted_ms: Mapped[int | None] = mapped_column(BigInteger)  # somebody wants it to end
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended: Mapped[str | None] = mapped_column(String(12))  # stopped, lost, crashed, ...


class RecordingChunkRow(Row):
    """Where a sealed chunk belongs in its part; the bytes are a blob of that number."""

    __tablename__ = "recording_chunks"

    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    start: Mapped[int] = mapped_column(BigInteger)  # of its clear bytes in the part
    size: Mapped[int] = mapped_column(Integer)  # clear bytes


def delete_recordings(db: Connection, session: SessionId) -> None:
    """All rows about recordings of a session."""
    parts = select(RecordingRow.id).where(RecordingRow.session_id == session)
    db.execute(delete(RecordingChunkRow).where(RecordingChunkRow.recording_id.in_(parts))).close()
    db.execute(delete(RecordingRow).where(RecordingRow.session_id == session)).close()
