"""Agencies: whom a prospect came to, and to whom an advisor belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What a node of the version before writes is of the house.
    op.add_column("sessions", sa.Column("agency", sa.String(length=40), nullable=True))
    op.add_column("accounts", sa.Column("agency", sa.String(length=40), nullable=True))


def downgrade() -> None:
    for table in ("accounts", "sessions"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("agency")
