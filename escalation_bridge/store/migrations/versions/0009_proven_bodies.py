"""Whether the proof of a webhook covered its body: what verification found is kept, the proof itself is not."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("body_is_proven", sa.Boolean(), nullable=False, server_default=sa.false())
    )
