"""What was erased: so that a restored key store brings no key of it back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_tombstones",
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("facts", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_key_tombstones")),
    )


def downgrade() -> None:
    op.drop_table("key_tombstones")
