"""Connections whose vendor refuses the bridge's credentials: one alert each, until they are accepted again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refused_credentials",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_refused_credentials")),
    )
