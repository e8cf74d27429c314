"""Receipts, by which a prospect claims what is kept of a session, and what was erased for good."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipts")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_receipts_session_hash")),
    )
    op.create_table(
        "tombstones",
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("facts", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_tombstones")),
    )


def downgrade() -> None:
    op.drop_table("tombstones")
    op.drop_table("receipts")
