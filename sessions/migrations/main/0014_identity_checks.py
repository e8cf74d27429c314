"""How it was made sure who asks by letter."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("checked", sa.String(length=10), nullable=True))
    op.add_column("letters", sa.Column("checked_ms", sa.BigInteger(), nullable=True))
    op.add_column("letters", sa.Column("checked_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    for name in ("checked_by", "checked_ms", "checked"):
        op.drop_column("letters", name)
