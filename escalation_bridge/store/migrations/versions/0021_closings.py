"""How many solved tickets a connection closes within an hour is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_closing = sa.text("rule = 'close_solved'")
    op.create_index(
        "ix_intents_closing",
        "intents",
        ["connection", "decided_at"],
        unique=False,
        sqlite_where=is_closing,
        postgresql_where=is_closing,
    )
