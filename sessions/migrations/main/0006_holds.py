"""Sessions that may not be erased, or not be used, and until when that is looked at again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.Column("review_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "kind", name=op.f("pk_holds")),
    )


def downgrade() -> None:
    op.drop_table("holds")
