"""The exact words that people were shown, since when they hold, and which a session began with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_texts",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notice_texts")),
    )
    op.create_table(
        "notice_terms",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["notice_texts.version"],
            name=op.f("fk_notice_terms_version_notice_texts"),
        ),
        sa.PrimaryKeyConstraint("name", "language", "turn", name=op.f("pk_notice_terms")),
    )
    op.add_column("sessions", sa.Column("edition", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "edition")
    op.drop_table("notice_terms")
    op.drop_table("notice_texts")
