"""Who has something of a session, and what they have to hear of it (Art. 19 GDPR)."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    recipients = op.create_table(
        "recipients",
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", "kind", "recipient", name=op.f("pk_recipients")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("fact", sa.String(length=10), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=True),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("ix_notifications_session_hash", "notifications", ["session_hash"])
    rows = _received(op.get_bind())
    if rows:
        op.bulk_insert(recipients, rows)


def downgrade() -> None:
    op.drop_index("ix_notifications_session_hash", "notifications")
    op.drop_table("notifications")
    op.drop_table("recipients")


def _received(db: sa.Connection) -> list[dict[str, object]]:
    """Who received something before this release, each once, the first time."""
    handed = "SELECT session_id, id, handed_ms FROM disclosures WHERE handed_ms IS NOT NULL"
    out = "SELECT subject, at_ms FROM audit WHERE action = 'transfer out' ORDER BY seq"
    found: dict[tuple[bytes, str, str], int] = {}
    for session, id, at_ms in db.execute(sa.text(handed)):
        found[_hash(session), "authority", id] = at_ms
    for subject, at_ms in db.execute(sa.text(out)):
        session, _, house = subject.partition(" ")
        found.setdefault((_hash(session), "house", house[:16]), at_ms)
    return [
        {"session_hash": hashed, "kind": kind, "recipient": recipient, "received_ms": at_ms}
        for (hashed, kind, recipient), at_ms in found.items()
    ]


def _hash(session: str) -> bytes:
    """As sessions.receipts.hash_of had it when this was written."""
    return hashlib.sha256(b"visavis/1|erased|" + session.encode()).digest()
