"""Passwords that are good for once; and, on the way down, roles that the release before lacks."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What a node of the version before writes is a password of its person's own.
    op.add_column("accounts", sa.Column("password_until_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    # A release that does not know a role fails for whoever has it: leads advise, others are out.
    op.execute("UPDATE accounts SET role = 'advisor' WHERE role = 'lead'")
    op.execute(
        "UPDATE accounts SET role = 'officer', disabled_ms = coalesce(disabled_ms, created_ms) "
        "WHERE role IN ('auditor', 'admin')"
    )
    with op.batch_alter_table("accounts") as changed:
        changed.drop_column("password_until_ms")
