"""What is tried again or set aside: deliveries that could not be routed, and cases that could not be worked on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("retry_at", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("handling", sa.Text(), nullable=True))
    op.create_index(
        "ix_deliveries_set_aside",
        "deliveries",
        ["id"],
        sqlite_where=sa.text("state IN ('quarantined', 'set_aside')"),
        postgresql_where=sa.text("state IN ('quarantined', 'set_aside')"),
    )
    op.create_table(
        "case_troubles",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("set_aside_at", sa.BigInteger(), nullable=True),
        sa.Column("dropped_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_troubles_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_troubles")),
    )
