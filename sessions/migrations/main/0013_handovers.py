"""Where a session goes on from, and whom it is kept for."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("before_id", sa.String(length=32), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("by_account", sa.String(length=32), nullable=False),
        sa.Column("to_account", sa.String(length=32), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_handovers")),
    )
    op.create_index("ix_handovers_before_id", "handovers", ["before_id"])


def downgrade() -> None:
    op.drop_index("ix_handovers_before_id", "handovers")
    op.drop_table("handovers")
