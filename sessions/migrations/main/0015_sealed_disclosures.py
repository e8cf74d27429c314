"""For whom a disclosure is sealed, and until when the person may not be told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("disclosures", sa.Column("recipient", sa.String(length=62), nullable=True))
    op.add_column("disclosures", sa.Column("passphrase", sa.LargeBinary(), nullable=True))
    op.add_column("disclosures", sa.Column("untold_until", sa.String(length=10), nullable=True))


def downgrade() -> None:
    for name in ("untold_until", "passphrase", "recipient"):
        op.drop_column("disclosures", name)
