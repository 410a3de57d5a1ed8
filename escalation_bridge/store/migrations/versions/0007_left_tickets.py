"""Tickets that a case does not follow any more, and may have written into."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "left_tickets",
        sa.Column("connection", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=190), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_left_tickets_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection", "ticket_id", "case_id", name=op.f("pk_left_tickets")),
    )
