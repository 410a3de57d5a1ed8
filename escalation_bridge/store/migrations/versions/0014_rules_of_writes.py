"""Each write names the rule that decided it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("intents", sa.Column("rule", sa.String(64), nullable=True))
