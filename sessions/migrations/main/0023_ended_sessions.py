"""What ended last is found without reading what ended before."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_sessions_state_ended_ms", "sessions", ["state", "ended_ms"])


def downgrade() -> None:
    op.drop_index("ix_sessions_state_ended_ms", table_name="sessions")
