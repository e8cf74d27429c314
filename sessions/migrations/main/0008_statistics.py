"""Counters without people, and which sessions are still to be counted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = ("statistics", "statistics_noised")
# Where an operator has made the role that reads statistics (deploy/postgres/roles.sql).
_LET_READ = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'visavis_statistics') THEN
    GRANT SELECT ON statistics, statistics_noised TO visavis_statistics;
  END IF;
END $$"""


def upgrade() -> None:
    for table in _TABLES:
        op.create_table(
            table,
            sa.Column("day", sa.String(length=10), nullable=False),
            sa.Column("metric", sa.String(length=10), nullable=False),
            sa.Column("cell", sa.String(length=10), nullable=False),
            sa.Column("times", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("day", "metric", "cell", name=op.f(f"pk_{table}")),
        )
    # A node of the version before does not hear who objects: what it begins is not counted.
    op.add_column(
        "sessions", sa.Column("to_count", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index("ix_sessions_to_count_state", "sessions", ["to_count", "state"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_LET_READ)


def downgrade() -> None:
    op.drop_index("ix_sessions_to_count_state", "sessions")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("to_count")
    for table in _TABLES:
        op.drop_table(table)
