"""What the worker processes tell each other of the vendors' limits."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_budgets",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=190), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.Float(), nullable=True),
        sa.Column("total", sa.Float(), nullable=True),
        sa.Column("renews_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "scope", name=op.f("pk_request_budgets")),
    )
