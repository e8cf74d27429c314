"""Whom no advertising may reach."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppressed",
        sa.Column("contact_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("objection_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("contact_hash", "objection_hash", name=op.f("pk_suppressed")),
    )


def downgrade() -> None:
    op.drop_table("suppressed")
