"""The rows of invitations: a link for one more person, who knocked with it, and what became of it.

It belongs to `models.py` and is apart only because of its size.
"""

from sqlalchemy import BigInteger, Connection, ForeignKey, Index, LargeBinary, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from sessions.events import SessionId
from sessions.models import Row


class InvitationRow(Row):
    """One link. Of its secret and of the knocker's token only hashes are kept."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_session_id", "session_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    seat: Mapped[str] = mapped_column(String(12))  # guest, interpreter
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(10))  # open, asked, admitted, refused, withdrawn
    made_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
    # Of whoever knocked; the name goes as soon as they are refused.
    participant: Mapped[str | None] = mapped_column(String(16))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


def delete_invitations(db: Connection, session: SessionId) -> None:
    """All rows about invitations to a session."""
    db.execute(delete(InvitationRow).where(InvitationRow.session_id == session)).close()
