"""Guests: invitations by link, and from where on in the log a seat hears."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("seat", sa.String(length=12), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("participant", sa.String(length=16), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_invitations_session_id_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_session_id", "invitations", ["session_id"])
    # What a node of the version before writes is as it was: the whole log, and no guest.
    op.add_column(
        "seats", sa.Column("since_seq", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("seats", sa.Column("guest", sa.String(length=12), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("seats") as seats:
        seats.drop_column("guest")
        seats.drop_column("since_seq")
    op.drop_index("ix_invitations_session_id", table_name="invitations")
    op.drop_table("invitations")
